"""Which provider of identities there is."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.config.oidc import sign_on_provider

WHOLE = {
    "OIDC_ISSUER": "https://login.example.org/realms/a/",
    "OIDC_CLIENT_ID": "chat",
    "OIDC_CLIENT_SECRET": "canary-secret",
}


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_nothing_set_is_none() -> None:
    assert sign_on_provider(sign_up="OFF") is None


def test_all_of_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **WHOLE, OIDC_NAME="Our company", OIDC_DOMAINS="Example.org, b.example")

    found = sign_on_provider(sign_up="INVITATION")

    assert found is not None
    assert found.issuer == "https://login.example.org/realms/a"
    assert (found.name, found.sign_up) == ("Our company", "INVITATION")
    assert found.domains == {"example.org", "b.example"}
    assert "canary" not in repr(found)


def test_it_makes_accounts_by_a_rule_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **WHOLE, OIDC_SIGN_UP="open")

    found = sign_on_provider(sign_up="OFF")

    assert found is not None
    assert found.sign_up == "OPEN"


@pytest.mark.parametrize("missing", WHOLE)
def test_a_part_of_it_is_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    given(monkeypatch, **{name: value for name, value in WHOLE.items() if name != missing})

    with pytest.raises(ImproperlyConfigured, match=f"^Not set: {missing}\\.") as refused:
        sign_on_provider(sign_up="OFF")
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_ISSUER", "http://login.example.org"),
        ("OIDC_ISSUER", "https://login.example.org/?a=b"),
        ("OIDC_CLIENT_ID", "a b"),
        ("OIDC_SIGN_UP", "sometimes"),
        ("OIDC_DOMAINS", "a@b.example"),
    ],
)
def test_what_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    given(monkeypatch, **WHOLE | {name: value})

    with pytest.raises(ImproperlyConfigured, match=name):
        sign_on_provider(sign_up="OFF")
