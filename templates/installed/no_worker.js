// The worker is turned off: it takes itself out of the browsers that have it.

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(registration.unregister()));
