"""The secret key of an installation that was given none: made once, kept in the data directory.

Any number of processes may ask at once on an empty directory; all of them get the same key, and none
reads it half written: the file appears under its name only when it is complete.
"""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from chatsite.config.terminal import say as _

MINIMUM_LENGTH = 50


def secret_key(path: Path) -> str:
    """Read the key in `path`. A file that is missing is made, readable by its owner only."""
    try:
        if not path.exists():
            _create(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else _("it holds something else")
        message = _(
            "The secret key in {path} cannot be read or made ({reason}): "
            "set SECRET_KEY, or DATA_DIR to a folder that can be written."
        )
        raise ImproperlyConfigured(message.format(path=path, reason=reason)) from None
    if len(key) < MINIMUM_LENGTH:
        message = _("The secret key in {path} is damaged: remove it, and a new one is made.")
        raise ImproperlyConfigured(message.format(path=path))
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # link() fails where the name is taken: the first key stays, and other processes read it.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
