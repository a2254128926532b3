#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        from chatsite.config.terminal import say
    except ImportError as error:
        message = "Django is not installed here: run `make install`, then use .venv/bin/python."
        raise SystemExit(message) from error
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(say("Cannot start: {why}").format(why=error))


if __name__ == "__main__":
    main()
