"""Signing in is offered to those who can."""

import subprocess
import sys

from tests.server import ROOT, environment
from tests.site import Site, SiteStarter


def create_account(site: Site, name: str, password: str) -> None:
    subprocess.run(
        [
            sys.executable,
            "manage.py",
            "createsuperuser",
            "--noinput",
            "--username",
            name,
            "--email",
            "alice@example.org",
        ],
        cwd=ROOT,
        env=environment(site.server.log_file.parent, DJANGO_SUPERUSER_PASSWORD=password),
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_a_site_without_accounts_offers_no_way_to_sign_in(start_site: SiteStarter) -> None:
    site = start_site()
    visitor = site.visitor()
    assert "Sign in" not in visitor.get("/").text

    create_account(site, "alice", "canary-password")
    assert "Sign in" in visitor.get("/").text

    visitor.get("/accounts/login/")
    visitor.post("/accounts/login/", {"username": "alice", "password": "canary-password"})
    page = visitor.get("/").text
    assert "Sign in" not in page
    assert "Sign out" in page
    assert "alice" in page
