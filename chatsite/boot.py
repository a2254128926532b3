"""What must hold before requests are served.

    python -m chatsite.boot prepare    bring the database and the static files up to date
    python -m chatsite.boot check      refuse what cannot work, in one sentence, without a traceback

`make run` prepares; the gunicorn master checks, in a process of its own, so that it never imports Django
itself: workers then see new code on a reload.
"""

import contextlib
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import django
from django.conf import settings
from django.core.checks import CheckMessage, Tags
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from chatsite.config.private import keep_to_ourselves
from chatsite.config.terminal import say as _
from chatsite.documents import pgvector


@contextlib.contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Let one process at a time in: migrations and the change of SQLite's journal can fail side by side."""
    keep_to_ourselves(data_dir)
    with (data_dir / "boot.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _why(error: DatabaseError) -> str:
    """What the database says is wrong. The pool says only that it has waited, so this connects without it. No
    such message holds the password."""
    if connection.vendor == "postgresql":
        import psycopg

        try:
            psycopg.connect(**connection.get_connection_params()).close()
        except psycopg.Error as reason:
            return str(reason).strip()
    return str(error).strip()


def prepare() -> None:
    """Set the write-ahead log, migrate, collect static files. Can be repeated, and by several processes."""
    with alone(settings.DATA_DIR):
        use_wal()
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        call_command("collectstatic", verbosity=0, interactive=False, skip_checks=True)


def use_wal() -> None:
    """Let SQLite read while it writes. The database file keeps that: it is set once, before workers start."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")


def check() -> None:
    """Refuse settings that cannot work, a database that does not answer, and outstanding migrations."""
    problems = [problem for problem in _problems() if not problem.is_silenced()]
    for problem in problems:
        if not problem.is_serious():
            sys.stderr.write(f"{problem}\n")
    if serious := [str(problem) for problem in problems if problem.is_serious()]:
        raise ImproperlyConfigured("\n".join(serious))
    call_command("migrate", verbosity=0, check_unapplied=True, skip_checks=True)
    if missing := pgvector.what_is_missing():
        raise ImproperlyConfigured(missing)
    with alone(settings.DATA_DIR):
        use_wal()


def _problems() -> Iterator[CheckMessage]:
    """Run Django's system checks, except that of the addresses: it loads LangChain, which takes seconds, and
    says nothing of the settings. Tests check the addresses, and workers load them next."""
    for one in registry.get_checks():
        if Tags.urls not in one.tags:
            yield from one(app_configs=None, databases=["default"])


STEPS: dict[str, Callable[[], None]] = {"prepare": prepare, "check": check}


def main(step: Callable[[], None]) -> str:
    """Run one step; the sentence to show if it cannot be done, "" if it was."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    try:
        django.setup()
        step()
    except (CommandError, ImproperlyConfigured) as error:
        return str(error)
    except DatabaseError as error:
        return _("The database cannot be used: {why}").format(why=_why(error))
    except KeyboardInterrupt:
        return _("Stopped.")
    except SystemExit:  # of `migrate --check`
        return _("The database is not up to date: run `python manage.py migrate`.")
    except OSError as error:
        return f"{error.strerror}: {error.filename}"
    return ""


if __name__ == "__main__":
    if message := main(STEPS[sys.argv[1]]):
        sys.exit(_("Cannot start: {why}").format(why=message))
