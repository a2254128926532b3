"""What the site's log and gunicorn's have in common: where they begin, and one line a record."""

import logging

from chatsite.config import env

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def log_level() -> str:
    """Read LOG_LEVEL."""
    return env.choice("LOG_LEVEL", "WARNING", allowed=LEVELS)


class OneLineFormatter(logging.Formatter):
    """Writes one line a record, whatever the record holds: a traceback, or a name with a line break in it."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\r", "\\r").replace("\n", "\\n")
