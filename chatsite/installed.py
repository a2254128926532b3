"""What lets a browser install the site: its manifest, and the worker that says when there is no network.

The worker keeps nothing and answers nothing else: `templates/installed/worker.js` has the whole of it.
"""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chatsite.accounts.decorators import for_everybody
from chatsite.config.staticfiles import short

LIGHT, DARK = "#fbfaf7", "#171614"
"""The colour of the pages, in both themes: `--paper` of static/css/base.css."""
ICONS = (
    ("icons/app-192.png", "192x192", "any"),
    ("icons/app-512.png", "512x512", "any"),
    ("icons/app-maskable-512.png", "512x512", "maskable"),
    ("favicon.svg", "any", "any"),
)


@for_everybody
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What the site is called and looks like among other apps."""
    home = reverse("chat:page")
    described = {
        "id": home,
        "name": _("Chat"),
        "short_name": _("Chat"),
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "theme_color": LIGHT,
        "background_color": LIGHT,
        "icons": [_icon(*icon) for icon in ICONS],
    }
    response = JsonResponse(described, content_type="application/manifest+json")
    return _looked_at_anew(response)


@for_everybody
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, in the language and theme of whoever asks; or, turned off, one that goes away."""
    if not settings.OFFLINE_PAGE:
        return _looked_at_anew(render(request, "installed/no_worker.js", content_type="text/javascript"))
    page = render_to_string("installed/offline.html", request=request)
    context = {"page": page, "style": _style()}
    return _looked_at_anew(render(request, "installed/worker.js", context, content_type="text/javascript"))


def _icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    return {"src": static(name), "sizes": sizes, "type": kind, "purpose": purpose}


def _looked_at_anew(response: HttpResponse) -> HttpResponse:
    """Browsers keep no old one, nor one in another language."""
    patch_cache_control(response, no_cache=True)
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


@cache
def _style() -> str:
    """The page's style, which has to be in it: without a network there is nothing else."""
    found = finders.find("css/offline.css")
    if not found:
        raise LookupError("There is no static file css/offline.css.")
    return short(Path(found).read_text(), ".css")
