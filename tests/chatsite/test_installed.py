"""The manifest and the worker, over HTTP."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.site import Site


def test_the_manifest_has_what_a_browser_needs_to_install_the_site(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.get("/manifest.webmanifest")
    manifest = answer.json()

    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert [manifest[name] for name in ("id", "start_url", "scope", "display")] == [
        "/",
        "/",
        "/",
        "standalone",
    ]
    assert manifest["name"] == manifest["short_name"] == "Chat"
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
        ("any", "any"),
    }
    for icon in manifest["icons"]:
        picture = visitor.get(icon["src"])
        assert (picture.status_code, picture.headers["Content-Type"]) == (200, icon["type"])
        assert "immutable" in picture.headers["Cache-Control"]


def test_the_worker_is_asked_for_anew_and_speaks_the_readers_language(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.get("/service-worker.js")
    chinese = visitor.get("/service-worker.js", headers={"Accept-Language": "zh-hans"})

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in answer.headers
    assert "No connection" in answer.text
    assert "No connection" not in chinese.text


@pytest.mark.django_db
@pytest.mark.usefixtures("site_in_this_process")
def test_a_worker_that_is_turned_off_takes_itself_away(client: Client, settings: Settings) -> None:
    settings.OFFLINE_PAGE = False

    script = client.get("/service-worker.js").text

    assert "unregister()" in script
    assert "fetch" not in script
