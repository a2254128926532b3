"""System checks: a bad setting is refused when the site starts, not when the first person writes."""

from contextlib import closing
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from streaming.conf import get_conf
from streaming.log.redis_thread import connect


@register()
def check_streaming_setting(**kwargs: Any) -> list[CheckMessage]:
    try:
        url = get_conf().REDIS_URL
    except ImproperlyConfigured as exc:
        return [Error(str(exc), id="streaming.E001")]
    return _check_redis(url) if url else []


def _check_redis(url: str) -> list[CheckMessage]:
    """Whether a connection could be made with it. Nobody is asked, and the address, which may hold a
    password, is not shown."""
    try:
        with closing(connect(url)) as redis:
            redis.connection_pool.make_connection()
    except ImportError:
        return [Error("STREAMING['REDIS_URL'] needs the package redis.", id="streaming.E002")]
    except Exception:  # noqa: BLE001 - the client's ways of complaining are many
        expected = "an address such as redis://name:password@host:6379/0"
        return [Error(f"STREAMING['REDIS_URL'] cannot be used: expected {expected}.", id="streaming.E003")]
    return []
