"""manage.py invite: a link by which somebody can make an account."""

from argparse import ArgumentParser
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.accounts.invitations import GOOD_FOR, link_of
from chatsite.accounts.models import Invitation
from chatsite.config.command import TerminalCommand


class Command(TerminalCommand):
    help = gettext_noop(
        "Print a link by which one person can make an account, where SIGN_UP is `invitation`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=GOOD_FOR, help=_("how long it is good for"))
        parser.add_argument("--note", default="", help=_("whom it is for; only staff see that"))

    def handle(self, *, days: int, note: str, **options: object) -> None:
        invitation = Invitation(ends=timezone.now() + timedelta(days=days), note=note)
        key = invitation.give_key()
        invitation.save()
        self.stdout.write(link_of(key))
