"""manage.py deleteaccount NAME: an account, and all that it has."""

import logging
from argparse import ArgumentParser

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

logger = logging.getLogger("chatsite.audit")


class Command(BaseCommand):
    help = "Delete an account with its conversations and documents. Nothing brings them back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: object) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account of the name {username}.")
        pk = user.pk
        with transaction.atomic():
            user.delete()
        logger.info("account %s was deleted by the command", pk)
        self.stdout.write(f"The account {username} and all that it had was deleted.")
