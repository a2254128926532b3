"""JSON values as the page shows them, to the letter as its script does (static/chat/reply/json_values.js)."""

import json
from collections.abc import ItemsView, Mapping
from decimal import Decimal
from typing import Any

from django import template

register = template.Library()

DEEPEST = 8
"""Lists in lists in lists: what is deeper is shown as JSON text."""


@register.filter
def json_kind(value: object, depth: int) -> str:
    """How a value is shown: as an `object`, a `list` or plain `text`."""
    if depth >= DEEPEST:
        return "text"
    return "object" if isinstance(value, Mapping) else "list" if isinstance(value, list) else "text"


@register.filter
def entries(value: Mapping[str, Any]) -> ItemsView[str, Any]:
    """Names and values of an object. (`value.items` in a template may be its entry "items".)"""
    return value.items()


@register.filter
def field_label(name: str) -> str:
    """The name of a field for people."""
    return name.replace("_", " ")


@register.filter
def is_worth_showing(value: object) -> bool:
    """Whether there is anything in it."""
    return value not in (None, "", [], {})


@register.filter
def plain_text(value: object) -> str:
    """Text as it is, nothing for null, and any other value as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


@register.filter
def json_text(value: object) -> str:
    """Compact JSON, with numbers as JavaScript writes them."""
    try:
        return _json(value)
    except RecursionError:  # it must not cost the whole page
        return "…"


def _json(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join([f"{_json(str(name))}:{_json(entry)}" for name, entry in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_json(entry) for entry in value]) + "]"
    return _number(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """As ECMAScript's Number::toString has it: digits up to 21 places, then an exponent."""
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        digits = format(Decimal(repr(value)), "f")
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    return repr(value).replace("e-0", "e-").removesuffix(".0")
