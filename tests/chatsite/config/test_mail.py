"""Where mail is handed in, as one address says it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.config.mail import MailServer, mail_server


@pytest.fixture(autouse=True)
def sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_FROM", "The chat <chat@example.org>")


def server(monkeypatch: pytest.MonkeyPatch, address: str) -> MailServer | None:
    monkeypatch.setenv("EMAIL_URL", address)
    return mail_server()


def test_without_an_address_there_is_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server(monkeypatch, "") is None


def test_the_scheme_says_how_it_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(address: str) -> tuple[str, int, bool, bool]:
        known = server(monkeypatch, address)
        assert known is not None
        return known.host, known.port, known.starts_with_tls, known.changes_to_tls

    assert found("smtp://localhost") == ("localhost", 25, False, False)
    assert found("smtp+tls://mail.example.org") == ("mail.example.org", 587, False, True)
    assert found("smtps://mail.example.org:4465") == ("mail.example.org", 4465, True, False)


def test_name_and_password_may_have_any_character(monkeypatch: pytest.MonkeyPatch) -> None:
    known = server(monkeypatch, "smtps://chat%40example.org:canary%2Fpassword@mail.example.org")
    assert known is not None
    assert (known.user, known.password) == ("chat@example.org", "canary/password")
    assert "canary" not in repr(known)


@pytest.mark.parametrize(
    "address", ["http://x:canary@host", "smtp://", "smtps://x:canary@host:port", "smtp://x:canary@ho st"]
)
def test_a_bad_address_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as refused:
        server(monkeypatch, address)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("value", ["", "nobody", "a@b c"])
def test_whom_mail_comes_from_must_be_said(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EMAIL_FROM", value)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_FROM"):
        server(monkeypatch, "smtp://localhost")
