"""The clock, and the names of time zones as people and models write them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chatsite.assistants.tools.clock import told, tool


def ask(args: dict[str, Any]) -> Any:
    return tool.invoke({"name": "clock", "args": args, "id": "1", "type": "tool_call"})


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        (" new york ", "America/New_York"),
        ("UTC", "UTC"),
    ],
)
def test_it_knows_a_zone_by_its_name_and_by_its_city(zone: str, name: str) -> None:
    before = datetime.now(ZoneInfo(name))

    message = ask({"zone": zone})

    assert message.content in {told(before, name), told(datetime.now(ZoneInfo(name)), name)}


def test_it_tells_utc_without_a_zone() -> None:
    assert ask({}).content.endswith("(UTC, UTC+00:00)")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Asia/Kathmandu", "Friday, 20 November 2026, 19:49 (Asia/Kathmandu, UTC+05:45)"),
        ("America/New_York", "Friday, 20 November 2026, 09:04 (America/New_York, UTC-05:00)"),
        ("Pacific/Kiritimati", "Saturday, 21 November 2026, 04:04 (Pacific/Kiritimati, UTC+14:00)"),
    ],
)
def test_it_says_the_day_the_time_and_the_offset(name: str, words: str) -> None:
    moment = datetime(2026, 11, 20, 14, 4, tzinfo=UTC)
    assert told(moment.astimezone(ZoneInfo(name)), name) == words


@pytest.mark.parametrize("zone", ["", "America", "../../etc/passwd", "Europe\0", "Bielefeld", "x" * 100_000])
def test_an_unknown_zone_is_told_with_names_that_exist(zone: str) -> None:
    message = ask({"zone": zone})

    assert message.status == "error"
    assert message.content.startswith("There is no such time zone. Names look like: ")
    assert len(message.content) < 300


def test_a_near_miss_is_told_the_right_name() -> None:
    assert "Europe/Berlin" in ask({"zone": "Europe/Berln"}).content
