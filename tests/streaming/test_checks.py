"""What is wrong with the settings is said at start; a Redis is not asked, and its address never shown."""

import sys
from typing import Any

import pytest
from django.core.checks import registry

from streaming.checks import check_rerun, check_streaming_database, check_streaming_setting


@pytest.mark.parametrize(
    "url", [None, "", "redis://:pw@redis.example:6379/0", "rediss://redis.example", "unix:///run/redis.sock"]
)
def test_a_good_address_is_taken(settings: Any, url: str | None) -> None:
    settings.STREAMING = {"REDIS_URL": url}

    assert check_streaming_setting() == []


@pytest.mark.parametrize(
    "url",
    ["canary", "http://:canary@redis.example", "redis://:canary@redis.example:x", "redis://h/0?canary=1"],
)
def test_a_bad_address_is_refused_and_not_shown(settings: Any, url: str) -> None:
    settings.STREAMING = {"REDIS_URL": url}

    (error,) = check_streaming_setting()

    assert error.id == "streaming.E003"
    assert "redis://name:password@host:6379/0" in error.msg
    assert "canary" not in str(error)


def test_without_the_package_that_is_said(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STREAMING = {"REDIS_URL": "redis://redis.example"}
    monkeypatch.setitem(sys.modules, "redis", None)

    (error,) = check_streaming_setting()

    assert error.id == "streaming.E002"


@pytest.mark.parametrize("path", ["nowhere.at_all", "streaming.checks.nothing", "streaming.events.IDLE"])
def test_what_cannot_run_again_is_refused_at_start(settings: Any, path: str) -> None:
    settings.STREAMING = {"RERUN": path}

    (error,) = check_rerun()

    assert error.id == "streaming.E004"
    assert path in error.msg


def test_without_anything_to_run_again_nothing_is_wrong(settings: Any) -> None:
    settings.STREAMING = {}
    assert check_rerun() == []

    settings.STREAMING = {"RERUN": "chatsite.chat.replies.job_of"}
    assert check_rerun() == []


class Elsewhere:
    """Routes the app's tables to a database of their own."""

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "other" if model._meta.app_label == "streaming" else None


def test_tables_in_another_database_are_refused_at_start(settings: Any) -> None:
    assert check_streaming_database() == []
    settings.DATABASE_ROUTERS = [Elsewhere()]

    (error,) = check_streaming_database()

    assert error.id == "streaming.E005"
    assert "other" in error.msg


def test_the_checks_are_made_where_the_app_is_installed() -> None:
    made = registry.registry.get_checks()

    assert {check_streaming_setting, check_streaming_database} <= set(made)
