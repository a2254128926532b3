"""System checks: a bad setting is refused when the site starts, not when the first person writes."""

from contextlib import closing
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, router
from django.utils.module_loading import import_string

from streaming.conf import get_conf
from streaming.log.redis_thread import connect


@register()
def check_streaming_setting(**kwargs: Any) -> list[CheckMessage]:
    try:
        conf = get_conf()
    except ImproperlyConfigured as exc:
        return [Error(str(exc), id="streaming.E001")]
    return _check_redis(conf.REDIS_URL) if conf.REDIS_URL else []


@register(Tags.urls)  # which load the project's code: a server that starts may leave them out
def check_rerun(**kwargs: Any) -> list[CheckMessage]:
    """Whether STREAMING["RERUN"] names something that can be called."""
    try:
        path = get_conf().RERUN
    except ImproperlyConfigured:
        return []  # the other check says it
    if path is None or _names_a_function(path):
        return []
    expected = "the dotted path of a function, such as project.chat.rerun"
    return [Error(f"STREAMING['RERUN'] is {path!r}: expected {expected}.", id="streaming.E004")]


def _names_a_function(path: str) -> bool:
    try:
        return callable(import_string(path))
    except ImportError:
        return False


@register()
def check_streaming_database(**kwargs: Any) -> list[CheckMessage]:
    """Whether the tables lie where the transactions are: one commits a run and what a site stores of it."""
    from streaming.models import LogPart, Process, Run

    routed = {router.db_for_write(model) for model in (LogPart, Process, Run)}
    if routed == {DEFAULT_DB_ALIAS}:
        return []
    hint = "Let DATABASE_ROUTERS leave the app streaming in the default database."
    message = f"The tables of streaming are routed to another database: {', '.join(sorted(routed))}."
    return [Error(message, hint=hint, id="streaming.E005")]


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
