"""System check: a bad CHAT_ASSISTANTS is refused when the site starts."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from chatsite.assistants.registry import assistants


@register()
def check_assistants(**kwargs: Any) -> list[CheckMessage]:
    try:
        assistants()
    except ImproperlyConfigured as exc:
        return [Error(str(exc), id="chatsite.assistants.E001")]
    return []
