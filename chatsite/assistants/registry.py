"""Whom a person can talk to: the assistants of the modules that CHAT_ASSISTANTS names."""

import functools
from collections.abc import Mapping
from importlib import import_module

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chatsite.assistants.base import Assistant
from chatsite.config.terminal import say as _


@functools.cache
def assistants() -> Mapping[str, Assistant]:
    """All of them by their slugs, in the order of the setting."""
    found: dict[str, Assistant] = {}
    for name in settings.CHAT_ASSISTANTS:
        try:
            assistant = import_module(name).assistant
        except (ImportError, AttributeError) as exc:
            message = _(
                "CHAT_ASSISTANTS names {name!r}: expected a module that has an `assistant` ({why})."
            ).format(name=name, why=exc)
            raise ImproperlyConfigured(message) from exc
        if not isinstance(assistant, Assistant) or assistant.slug in found:
            message = _(
                "CHAT_ASSISTANTS names {name!r}: expected an Assistant with a slug of its own."
            ).format(name=name)
            raise ImproperlyConfigured(message)
        found[assistant.slug] = assistant
    if not found:
        raise ImproperlyConfigured(_("CHAT_ASSISTANTS is empty: expected at least one module."))
    return found


def get_assistant(slug: str) -> Assistant | None:
    """The assistant of that name, if there is one."""
    return assistants().get(slug)


def default_assistant() -> Assistant:
    """The one that a new conversation is with, unless the person chose another."""
    return next(iter(assistants().values()))
