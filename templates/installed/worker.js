// Says so where a page cannot be had, for want of a network or of the site. It keeps nothing, and has to do with pages
// alone: no message, no stream and no file goes through it.

const PAGE = "{{ page|escapejs }}".replace("</head>", () => "<style>{{ style|escapejs }}</style></head>");
const HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};

addEventListener("install", (event) => {
  skipWaiting(); // it has no state that an older one could share
  // So the browser asks for all but pages without waking the worker, where it can do that.
  event.addRoutes?.({ condition: { not: { requestMode: "navigate" } }, source: "network" }).catch(() => {});
});

addEventListener("activate", (event) => {
  // A page is asked for while the worker wakes up.
  event.waitUntil(registration.navigationPreload?.enable());
});

addEventListener("fetch", (event) => {
  const { mode, method } = event.request;
  if (mode === "navigate" && method === "GET") event.respondWith(answer(event));
});

async function answer(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return new Response(PAGE, { status: 503, headers: HEADERS });
  }
}
