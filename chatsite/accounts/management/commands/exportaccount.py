"""manage.py exportaccount NAME: all that an account has, as JSON."""

import json
from argparse import ArgumentParser

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from chatsite.accounts.belongings import export


class Command(BaseCommand):
    help = "Write all that an account has to the standard output, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: object) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account of the name {username}.")
        self.stdout.write(json.dumps(export(user), cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))
