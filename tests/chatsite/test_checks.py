"""Settings that are valid one by one, but not together."""

from pytest_django import Settings

from chatsite import checks


def test_debug_is_for_this_machine_only(settings: Settings) -> None:
    settings.DEBUG = True
    for host, found in [
        ("localhost", []),
        ("127.8.8.8", []),
        ("[::1]", []),
        ("chat.example", ["chatsite.E001"]),
    ]:
        settings.HOST = host
        assert [message.id for message in checks.debug_is_for_loopback_only()] == found


def test_debug_is_not_for_https(settings: Settings) -> None:
    settings.DEBUG = settings.CHAT_HTTPS = True
    assert [message.id for message in checks.debug_is_for_loopback_only()] == ["chatsite.E004"]


def test_any_host_is_worth_a_warning(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert [message.id for message in checks.hosts_are_named()] == ["chatsite.W001"]


def test_no_wait_is_longer_than_the_whole(settings: Settings) -> None:
    settings.STREAMING = settings.STREAMING | {"IDLE_TIMEOUT": 30, "TOTAL_TIMEOUT": 20}
    found = checks.timeouts_fit_together()
    assert any("STREAM_IDLE_TIMEOUT (30 s)" in message.msg for message in found)


def test_a_reply_leaves_room_for_its_prompt(settings: Settings) -> None:
    settings.CHAT_CONTEXT_TOKENS = 4096
    settings.CHAT_MAX_TOKENS = 512
    assert checks.reply_fits_the_context() == []
    settings.CHAT_MAX_TOKENS = 4096
    assert [message.id for message in checks.reply_fits_the_context()] == ["chatsite.E003"]


def test_a_reply_leaves_room_for_its_prompt_with_every_model(settings: Settings) -> None:
    settings.CHAT_CONTEXT_TOKENS, settings.CHAT_MAX_TOKENS = 4096, 1000
    settings.CHAT_MODELS = {"roomy": None, "narrow": 900}
    (found,) = checks.reply_fits_the_context()
    assert "CHAT_MODELS narrow (900)" in found.msg
