"""Checks of settings that are each valid, but not together. chatsite/apps.py registers them.

chatsite.config.env refuses what is wrong with a single variable, while the settings are read.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.urls import URLResolver, get_resolver

from chatsite.config.terminal import say
from chatsite.server.listening import is_loopback


@register(Tags.security)
def debug_is_for_loopback_only(**_: Any) -> list[CheckMessage]:
    if settings.DEBUG and settings.CHAT_HTTPS:
        message = say("DEBUG is on, and CHAT_HTTPS says that there is a proxy: anybody would see settings.")
        return [Error(message, hint=say("Unset DEBUG, or CHAT_HTTPS."), id="chatsite.E004")]
    if settings.DEBUG and not is_loopback(settings.HOST):
        message = say("DEBUG is on, and on {host!r} anybody would see source code and settings.").format(
            host=settings.HOST
        )
        return [Error(message, hint=say("Unset DEBUG, or listen on 127.0.0.1."), id="chatsite.E001")]
    return []


@register(Tags.security)
def hosts_are_named(**_: Any) -> list[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        message = say("ALLOWED_HOSTS is '*': links and redirects take whatever name a visitor sends.")
        return [Warning(message, hint=say("Name the hosts, separated by commas."), id="chatsite.W001")]
    return []


@register(Tags.compatibility)
def timeouts_fit_together(**_: Any) -> list[CheckMessage]:
    timeouts = settings.STREAMING
    total = timeouts["TOTAL_TIMEOUT"]
    return [
        Error(
            say("STREAM_{name} ({seconds:g} s) is longer than STREAM_TOTAL_TIMEOUT ({total:g} s).").format(
                name=name, seconds=timeouts[name], total=total
            ),
            hint=say("The time for a whole reply holds the others."),
            id="chatsite.E002",
        )
        for name in ("CONNECT_TIMEOUT", "FIRST_TOKEN_TIMEOUT", "IDLE_TIMEOUT")
        if timeouts[name] > total
    ]


@register(Tags.compatibility)
def reply_fits_the_context(**_: Any) -> list[CheckMessage]:
    reply = settings.CHAT_MAX_TOKENS
    contexts = {"CHAT_CONTEXT_TOKENS": settings.CHAT_CONTEXT_TOKENS}
    contexts |= {f"CHAT_MODELS {name}": size for name, size in settings.CHAT_MODELS.items() if size}
    message = say("CHAT_MAX_TOKENS ({reply}) leaves no room for a prompt in {name} ({context}).")
    return [
        Error(
            message.format(reply=reply, name=name, context=context),
            hint=say("Lower the one or raise the other."),
            id="chatsite.E003",
        )
        for name, context in contexts.items()
        if reply is not None and reply >= context
    ]


@register(Tags.urls)
def admin_is_in_nobodys_place(**_: Any) -> list[CheckMessage]:
    first = settings.ADMIN_URL.partition("/")[0]
    others = set(_first_parts(get_resolver())) | {settings.STATIC_URL.strip("/")}
    if first and first in others:
        message = say("ADMIN_URL is {address!r}: other pages of the site begin with {first!r}.").format(
            address=settings.ADMIN_URL, first=first
        )
        return [Error(message, hint=say("Choose another one, or off."), id="chatsite.E005")]
    return []


def _first_parts(resolver: URLResolver) -> Iterator[str]:
    """What the addresses of the site begin with, the admin's left out."""
    for found in resolver.url_patterns:
        pattern = str(found.pattern)
        if pattern in (settings.ADMIN_URL, f"{settings.ADMIN_URL}login/"):
            continue
        if not pattern and isinstance(found, URLResolver):
            yield from _first_parts(found)
        yield pattern.partition("/")[0]
