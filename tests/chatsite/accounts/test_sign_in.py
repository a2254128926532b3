"""Signing in is offered to those who can."""

from tests.chatsite.accounts.people import create_account
from tests.site import SiteStarter


def test_a_site_without_accounts_offers_no_way_to_sign_in(start_site: SiteStarter) -> None:
    site = start_site()
    visitor = site.visitor()
    assert "Sign in" not in visitor.get("/").text

    create_account(site, "alice")
    assert "Sign in" in visitor.get("/").text

    visitor.get("/accounts/login/")
    visitor.post("/accounts/login/", {"username": "alice", "password": "canary-password"})
    page = visitor.get("/").text
    assert "Sign in" not in page
    assert "Sign out" in page
    assert "alice" in page
