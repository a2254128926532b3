"""manage.py invite: a link by which somebody can make an account."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from chatsite.accounts.invitations import GOOD_FOR, link_of
from chatsite.accounts.models import Invitation


class Command(BaseCommand):
    help = "Print a link by which one person can make an account, where SIGN_UP is `invitation`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=GOOD_FOR, help="how long it is good for")
        parser.add_argument("--note", default="", help="whom it is for; only staff see that")

    def handle(self, *, days: int, note: str, **options: object) -> None:
        invitation = Invitation(ends=timezone.now() + timedelta(days=days), note=note)
        key = invitation.give_key()
        invitation.save()
        self.stdout.write(link_of(key))
