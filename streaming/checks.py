"""System checks: a bad setting is refused when the site starts, not when the first person writes."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from streaming.conf import get_conf


@register()
def check_streaming_setting(**kwargs: Any) -> list[CheckMessage]:
    try:
        get_conf()
    except ImproperlyConfigured as exc:
        return [Error(str(exc), id="streaming.E001")]
    return []
