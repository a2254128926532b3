"""manage.py deleteaccount NAME: an account, and all that it has."""

from argparse import ArgumentParser

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.accounts.deletion import delete_account
from chatsite.accounts.ownership import owned_models
from chatsite.accounts.retention import delete_nobodys
from chatsite.config.command import TerminalCommand


class Command(TerminalCommand):
    help = gettext_noop("Delete an account with its conversations and documents. Nothing brings them back.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: object) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no account of the name {name}.").format(name=username))
        delete_account(user, by="the command")
        for model in owned_models():
            delete_nobodys(model)
        self.stdout.write(_("The account {name} and all that it had was deleted.").format(name=username))
