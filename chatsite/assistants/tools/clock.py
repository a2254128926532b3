"""The clock."""

import difflib
import functools
import zoneinfo
from datetime import datetime
from typing import Annotated

from django.utils.translation import gettext_noop as _
from langchain_core.tools import ToolException

from chatsite.assistants.tools.tool import make_tool
from streaming.errors import with_places

_MAX_LENGTH = 60
_SUGGESTIONS = 5
_NO_ZONE = with_places(_("There is no such time zone. Names look like: {names}."))


def clock(
    zone: Annotated[str, "a time zone such as Europe/Berlin, or one of its cities; UTC if unknown"] = "UTC",
) -> str:
    """Tells the date, the day of the week and the time, now, in a time zone."""
    name = _name_of(zone)
    return told(datetime.now(zoneinfo.ZoneInfo(name)), name)


def told(moment: datetime, name: str) -> str:
    """A moment in words: Friday, 20 November 2026, 15:04 (Europe/Berlin, UTC+01:00)."""
    return f"{moment:%A}, {moment.day} {moment:%B %Y, %H:%M} ({name}, UTC{_offset(moment)})"


def _offset(moment: datetime) -> str:
    offset = f"{moment:%z}"
    return f"{offset[:3]}:{offset[3:5]}"


def _name_of(zone: str) -> str:
    """The zone's proper name. Raises `ToolException` with those that look like it."""
    wanted = _plain(zone[:_MAX_LENGTH])
    names = _names()
    if wanted in names:
        return names[wanted]
    near = difflib.get_close_matches(wanted, names, n=_SUGGESTIONS) or ["utc", "europe/berlin"]
    raise ToolException(_NO_ZONE.format(names=", ".join(names[n] for n in near)))


@functools.cache
def _names() -> dict[str, str]:
    """Zones by their names, and by their cities where only one zone has a city of that name."""
    zones = sorted(zoneinfo.available_timezones())
    places = [_plain(name.rpartition("/")[2]) for name in zones]
    cities = {
        place: name
        for place, name in zip(places, zones, strict=True)
        if "/" in name and places.count(place) == 1
    }
    return cities | {_plain(name): name for name in zones}


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


tool = make_tool(clock)
