"""manage.py exportaccount NAME: all that an account has, as JSON."""

import json
from argparse import ArgumentParser

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.accounts.belongings import export
from chatsite.config.command import TerminalCommand


class Command(TerminalCommand):
    help = gettext_noop("Write all that an account has to the standard output, as JSON.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: object) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(_("There is no account of the name {name}.").format(name=username))
        self.stdout.write(json.dumps(export(user), cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))
