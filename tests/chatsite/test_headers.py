"""What browsers are told of every answer, so that they refuse what should not have got into a page."""

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(ROOT.glob("templates/**/*.html"))
POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "frame-ancestors 'none'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
}


@pytest.fixture(autouse=True)
def static_files(settings: Settings, tmp_path: Path) -> None:
    """They are served as they are, from nowhere."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.mark.parametrize("path", ["/healthz", "/no-such-page/", "/accounts/login/", "/admin/login/"])
@pytest.mark.django_db
def test_every_answer_has_the_whole_policy(client: Client, path: str) -> None:
    headers = client.get(path, headers={"Accept": "application/json"}).headers

    assert {directive.strip() for directive in headers["Content-Security-Policy"].split(";")} == POLICY
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), usb=()"
    assert headers["X-Frame-Options"] == "DENY"


def test_a_foreign_host_is_refused(client: Client) -> None:
    answer = client.get("/healthz", headers={"Host": "evil.example", "Accept": "application/json"})

    assert answer.status_code == 400
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_has_a_script_or_a_style_of_its_own(template: Path) -> None:
    text = template.read_text()

    assert re.findall(r"<style|\sstyle=|\son\w+=", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"<script[^>]*>(?!</script>)", text) == []


def test_one_module_marks_text_safe() -> None:
    marks = re.compile(r"\bmark_safe\(|\|safe\b|autoescape off|SafeString\([^\")]")
    sources = [*ROOT.glob("chatsite/**/*.py"), *ROOT.glob("streaming/**/*.py"), *TEMPLATES]

    found = [path.relative_to(ROOT) for path in sources if marks.search(path.read_text())]

    assert found == [Path("chatsite/chat/rendering/pieces.py")]
