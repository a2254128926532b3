"""manage.py deleteaccount NAME: an account, and all that it has."""

import logging
from argparse import ArgumentParser

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.config.command import TerminalCommand

logger = logging.getLogger("chatsite.audit")


class Command(TerminalCommand):
    help = gettext_noop("Delete an account with its conversations and documents. Nothing brings them back.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: object) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no account of the name {name}.").format(name=username))
        pk = user.pk
        with transaction.atomic():
            user.delete()
        logger.info("account %s was deleted by the command", pk)
        self.stdout.write(_("The account {name} and all that it had was deleted.").format(name=username))
