"""manage.py expire: deletes now what each worker deletes once an hour."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatsite.accounts.retention import expire
from chatsite.config.command import TerminalCommand


class Command(TerminalCommand):
    help = gettext_noop("Delete guests, and what is older than GUEST_KEEP_DAYS and KEEP_DAYS say.")

    def handle(self, **options: object) -> None:
        self.stdout.write(_("{number} conversations and documents were deleted.").format(number=expire()))
