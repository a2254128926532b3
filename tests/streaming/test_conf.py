"""The app's settings are checked at start, and a bad one is told with what was expected."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from streaming.conf import Conf, get_conf


def test_the_promised_deadlines_are_the_defaults(settings: Any) -> None:
    settings.STREAMING = {}

    promised = Conf(
        CONNECT_TIMEOUT=5, FIRST_TOKEN_TIMEOUT=60, IDLE_TIMEOUT=60, TOTAL_TIMEOUT=600, HEARTBEAT=15
    )

    assert get_conf() == promised


@pytest.mark.parametrize("value", [0, -1, "60", None, True])
def test_a_bad_value_is_refused_with_what_was_expected(settings: Any, value: object) -> None:
    settings.STREAMING = {"IDLE_TIMEOUT": value}

    with pytest.raises(ImproperlyConfigured, match=r"IDLE_TIMEOUT.*must be a number above 0"):
        get_conf()


def test_an_unknown_name_is_refused_with_those_that_there_are(settings: Any) -> None:
    settings.STREAMING = {"IDLE_TIMEOUTS": 1}

    with pytest.raises(ImproperlyConfigured, match=r"no setting 'IDLE_TIMEOUTS'.*IDLE_TIMEOUT,"):
        get_conf()


def test_the_check_refuses_it_at_start(settings: Any) -> None:
    settings.STREAMING = {**settings.STREAMING, "HEARTBEAT": 0}

    assert [error.id for error in run_checks()] == ["streaming.E001"]
