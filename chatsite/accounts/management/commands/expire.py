"""manage.py expire: deletes now what each worker deletes once an hour."""

from django.core.management.base import BaseCommand

from chatsite.accounts.retention import expire


class Command(BaseCommand):
    help = "Delete guests, and what is older than GUEST_KEEP_DAYS and KEEP_DAYS say."

    def handle(self, **options: object) -> None:
        self.stdout.write(f"{expire()} conversations and documents were deleted.")
