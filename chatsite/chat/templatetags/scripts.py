"""The page's scripts, for the browser to fetch at once and not each when the one before has asked for it."""

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

register = template.Library()

# At the start of a line, so none of those in comments, which import types.
_IMPORT = re.compile(r'^(?:import|export)(?: [\w\s{},*]+ from)? "(?P<path>[^"]+)";$', re.MULTILINE)


@register.simple_tag
def modules_of(entry: str) -> list[str]:
    """The addresses of a script and of all modules that it imports, for `<link rel="modulepreload">`."""
    names = _names.__wrapped__(entry) if settings.DEBUG else _names(entry)
    return [static(name) for name in names]


@cache
def _names(entry: str) -> tuple[str, ...]:
    names = [entry]
    for name in names:  # grows meanwhile
        names += [imported for imported in _imported(name) if imported not in names]
    return tuple(names)


def _imported(name: str) -> Iterator[str]:
    found = finders.find(name)
    if not found:
        raise LookupError(f"There is no static file {name}.")
    for match in _IMPORT.finditer(Path(found).read_text()):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(name), match["path"]))
