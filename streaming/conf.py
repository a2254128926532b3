"""The app's settings: `STREAMING` in Django's settings, a dict with any of the names below."""

from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class Conf:
    """Seconds, unless said otherwise."""

    CONNECT_TIMEOUT: float = 5
    """Until the provider's server accepts a connection."""
    FIRST_TOKEN_TIMEOUT: float = 60
    """From the call of a model to the first thing that it sends."""
    IDLE_TIMEOUT: float = 60
    """Between two things that a model sends."""
    TOTAL_TIMEOUT: float = 600
    """For a whole run."""
    HEARTBEAT: float = 15
    """Between two bytes to a reader; a comment is sent when nothing else was."""
    QUEUE_SIZE: int = 256
    """Events that `stream()` holds for a slow consumer before the run waits for it."""
    MAX_CHARACTERS: int = 1_000_000
    """In all that one run gives out, about; a longer one fails."""
    MAX_STREAMS: int | None = None
    """Runs, and readers of runs, at once in one process. None: what the server has room for."""
    LEASE: float = 10
    """For which a process may be silent before the others take it for dead, and end its runs."""
    KEEP_EVENTS: float = 3600
    """For which a run's events are kept after its end."""
    RERUN: str | None = None
    """The dotted path of a function that makes the `Job` of a run anew: see `streaming.durable.reaper`."""
    REDIS_URL: str | None = None
    """Where processes wake each other. None: they look into the database often."""


_TEXTS = {"RERUN", "REDIS_URL"}


def get_conf() -> Conf:
    """The settings in force; the defaults where Django is not configured (a script, a notebook)."""
    given: dict[str, Any] = getattr(settings, "STREAMING", {}) if settings.configured else {}
    known = {field.name for field in fields(Conf)}
    if unknown := sorted(set(given) - known):
        raise ImproperlyConfigured(
            f"STREAMING has no setting {unknown[0]!r}. It has: {', '.join(sorted(known))}."
        )
    for name, value in given.items():
        if name in _TEXTS:
            if value is not None and not isinstance(value, str):
                raise ImproperlyConfigured(f"STREAMING[{name!r}] must be a string or None.")
            continue
        if value is None and name == "MAX_STREAMS":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:  # NaN is not
            raise ImproperlyConfigured(f"STREAMING[{name!r}] must be a number above 0, not {value!r}.")
    return Conf(**given)
