"""manage.py prune: delete the events of replies that ended long ago."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from streaming.conf import get_conf
from streaming.log.retention import prune


class Command(BaseCommand):
    help = gettext_noop(
        "Deletes the events of replies that ended long ago. The replies themselves stay as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.description = _(self.help)
        parser.add_argument(
            "--older-than",
            type=float,
            metavar="SECONDS",
            help=_("since the end of the reply (default: the KEEP_EVENTS setting)"),
        )

    def handle(self, *args: Any, older_than: float | None, **options: Any) -> None:
        seconds = get_conf().KEEP_EVENTS if older_than is None else older_than
        if not seconds >= 0:
            raise CommandError(_("--older-than takes a number of seconds, 0 or more."))
        pruned = prune(older_than=timedelta(seconds=seconds))
        told = _("Deleted the events of {number} replies that ended more than {seconds:g} s ago.")
        self.stdout.write(told.format(number=pruned, seconds=seconds))
