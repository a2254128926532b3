"""Signing in by a provider elsewhere, as the browser lets a form lead there and the answer back."""

from playwright.sync_api import Page, expect

from tests.browser.test_accounts import look
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.site import SiteStarter


def test_somebody_signs_in_elsewhere_and_is_back(start_site: SiteStarter, page: Page) -> None:
    with IdentityProvider() as provider:
        settings = {
            "OIDC_ISSUER": provider.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "OIDC_NAME": "Our company",
            "OIDC_SIGN_UP": "open",
        }
        site = start_site(settings=settings)
        page.goto(f"{site.url}/accounts/login/?next=/accounts/")
        look(page, "Sign in")
        page.get_by_role("button", name="Sign in with Our company").press("Enter")
        look(page, "alice")
        expect(page.get_by_text("Our company signs you in to this account.")).to_be_visible()
        expect(page).to_have_url(f"{site.url}/accounts/")
