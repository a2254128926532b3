"""Readers of environment variables, which fail loudly.

Each one returns a valid value or raises ImproperlyConfigured with the name of the variable, the value
that was found (never that of a secret) and what was expected. A variable that is set to nothing counts
as unset, as compose files pass it. A secret may stand in a file, whose path NAME_FILE has.
"""

import math
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from chatsite.config.terminal import say as _

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
FILE = "_FILE"
"""Follows the name of a secret in the name of the variable that has the path of a file with it."""
# A name, an IPv4 address, an IPv6 address in brackets, ".example.org" for its subdomains, or "*".
HOST = re.compile(r"\*|\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]", re.IGNORECASE)


def refuse(name: str, expected: str, *, value: str | None = None) -> ImproperlyConfigured:
    """The error for a bad variable; leave `value` out where it may hold a secret."""
    if value is None:
        told = _("{name} has a value that cannot be used: expected {expected}.")
    else:
        told = _("{name} is {value!r}: expected {expected}.")
    return ImproperlyConfigured(told.format(name=name, value=value, expected=expected))


def text(name: str, default: str = "", *, pattern: str = "", expected: str = "") -> str:
    """A line of text, without surrounding blanks; `pattern` must match all of it."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isprintable():
        raise refuse(name, _("printable text on one line"), value=value)
    if pattern and not re.fullmatch(pattern, value):
        raise refuse(name, expected, value=value)
    return value


def prose(name: str, default: str) -> str:
    """Text of any length, line breaks included; set to nothing it stays empty."""
    return os.environ.get(name, default)


def given(name: str) -> str:
    """A text that may hold a secret, "" if unset: the variable's own, or that in the file of NAME_FILE."""
    value, path = (os.environ.get(variable, "").strip() for variable in (name, name + FILE))
    if value and path:
        told = _("{name} and {other} are both set: expected one of them.")
        raise ImproperlyConfigured(told.format(name=name, other=name + FILE))
    return _in_file(name + FILE, path) if path else value


def _in_file(name: str, path: str) -> str:
    """Read the secret. Nothing of what is in the file is ever shown."""
    value = reason = ""
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = str(error.strerror)
    except UnicodeDecodeError:
        reason = _("not text")
    if not value:
        raise refuse(
            name, _("a file with a secret in it ({reason})").format(reason=reason or _("empty")), value=path
        )
    return value


def secret(name: str, *, minimum: int = 1) -> str:
    """A key or a password, "" if unset. It goes into headers, so only visible ASCII is taken."""
    value = given(name)
    if value and not (len(value) >= minimum and value.isascii() and value.isprintable() and " " not in value):
        raise refuse(
            name, _("at least {minimum} visible ASCII characters without blanks").format(minimum=minimum)
        )
    return value


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if value.lower() not in TRUE | FALSE:
        raise refuse(
            name, _("one of {allowed}").format(allowed="1, true, yes, on, 0, false, no, off"), value=value
        )
    return value.lower() in TRUE


def integer(name: str, default: int, *, minimum: int, maximum: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    # int() would take "1_000", "+5" and digits of other scripts.
    if not re.fullmatch(r"-?[0-9]{1,18}", value) or not minimum <= int(value) <= maximum:
        raise refuse(
            name,
            _("a whole number from {minimum} to {maximum}").format(minimum=minimum, maximum=maximum),
            value=value,
        )
    return int(value)


def optional_integer(name: str, *, minimum: int, maximum: int) -> int | None:
    if not os.environ.get(name, "").strip():
        return None
    return integer(name, minimum, minimum=minimum, maximum=maximum)


def seconds(name: str, default: float, *, minimum: float = 0.0, maximum: float = 86_400.0) -> float:
    """A duration above zero, and not below the minimum."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (0 < number <= maximum and number >= minimum):  # false for nan as well
        from_least = _("a number of seconds from {minimum:g} up to {maximum:g}")
        told = from_least if minimum else _("a number of seconds above 0 and up to {maximum:g}")
        raise refuse(name, told.format(minimum=minimum, maximum=maximum), value=value)
    return number


def choice(name: str, default: str, *, allowed: tuple[str, ...]) -> str:
    value = os.environ.get(name, "").strip().upper()
    if not value:
        return default
    if value not in allowed:
        raise refuse(name, _("one of {allowed}").format(allowed=", ".join(allowed)), value=value)
    return value


def words(name: str) -> list[str]:
    """A list, separated by commas or blanks."""
    return [word for word in re.split(r"[,\s]+", os.environ.get(name, "")) if word]


def models(name: str) -> dict[str, int | None]:
    """Models' names, each with the tokens of its context where `=tokens` says them."""
    found: dict[str, int | None] = {}
    for word in words(name):
        model, has_size, size = word.rpartition("=") if "=" in word else (word, "", "")
        if not re.fullmatch(r"[^\s=]{1,200}", model) or (has_size and not _is_context(size)):
            told = _("models' names separated by commas, each perhaps with =tokens (512 to 10000000)")
            raise refuse(name, told, value=word)
        found[model] = int(size) if has_size else None
    return found


def _is_context(size: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,8}", size)) and 512 <= int(size) <= 10_000_000


def hosts(name: str, default: list[str]) -> list[str]:
    found = words(name)
    for host in found:
        if not HOST.fullmatch(host):
            raise refuse(name, _("host names separated by commas, without scheme or port"), value=host)
    return found or default


def domains(name: str) -> list[str]:
    """Names of domains, in small letters."""
    found = [word.lower() for word in words(name)]
    for domain in found:
        if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?", domain):
            raise refuse(name, _("domains such as example.org, separated by commas"), value=domain)
    return found


def origins(name: str) -> list[str]:
    found = words(name)
    for origin in found:
        if not re.fullmatch(r"https?://(\*\.)?[^/\s?#@]+", origin):
            raise refuse(
                name, _("origins such as https://chat.example.org, separated by commas"), value=origin
            )
    return found


def url(name: str, default: str = "") -> str:
    """An http or https address without a trailing slash."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or "@" in value or not value.isprintable() or " " in value:
        # Not shown if it may carry a password: http://name:password@host
        shown = None if "@" in value else value
        told = _("an address such as https://api.example.org/v1, without a name or a password")
        raise refuse(name, told, value=shown)
    return value.rstrip("/")


def path(name: str, default: str) -> str:
    """The address of something on this site, without the first slash and with the last one; "" for off."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if value.lower() in FALSE:
        return ""
    found = value.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}(/[A-Za-z0-9_-]{1,100}){0,5}", found):
        raise refuse(
            name,
            _("an address on this site such as admin/, of letters, digits, - and _, or off"),
            value=value,
        )
    return f"{found}/"


def redis_url(name: str) -> str | None:
    """A Redis server's address, None if unset. It may hold a password, so it is never shown."""
    value = given(name)
    if not value:
        return None
    try:
        parts = urlsplit(value)
        place = parts.path if parts.scheme == "unix" else parts.hostname
        good = parts.scheme in ("redis", "rediss", "unix") and bool(place) and parts.port != 0
    except ValueError:
        good = False
    if not good or not value.isprintable() or " " in value:
        told = _("an address such as redis://name:password@host:6379/0, or rediss:// for TLS")
        raise refuse(name, told)
    return value


def directory(name: str, default: str, *, base: Path) -> Path:
    """A folder, taken from `base` if it is relative. It need not exist yet."""
    path = base / Path(os.environ.get(name, "").strip() or default).expanduser()
    if path.exists() and not path.is_dir():
        raise refuse(name, _("a folder"), value=str(path))
    return path
