"""Guests: people without an account, each known by a key in a cookie. Invitations to make an account. And who
may do how much.
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

KEY_BYTES = 32
KEYLESS = "session "
"""Begins what stands in the place of the hash for a guest who was known by the session (migration 0002)."""


def new_key() -> str:
    """A key of a guest, or of an invitation: random, and nothing that a page shows follows from it."""
    return secrets.token_urlsafe(KEY_BYTES)


def _hash_of(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _new_id() -> str:
    return uuid4().hex


class GuestQuerySet(models.QuerySet["Guest"]):
    def going_on(self) -> "GuestQuerySet":
        """Those who were seen within a session's time, and whose session was not ended."""
        since = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return self.filter(ended=None, seen__gte=since)

    def of_key(self, key: str) -> "Guest | None":
        """The guest who has the key, while their session lasts."""
        return self.going_on().filter(key_hash=_hash_of(key)).first() if key else None

    def give_key(self, guest_id: str, key: str) -> "Guest | None":
        """Hand a key to a guest of the time when the session knew them, once."""
        keyless = self.filter(pk=guest_id, key_hash=KEYLESS + guest_id)
        return self.of_key(key) if keyless.update(key_hash=_hash_of(key)) else None

    def with_key(self, key: str) -> "Guest | None":
        """The guest of a key, made now if the key is new. None if it was a guest's whose session is over."""
        self.get_or_create(key_hash=_hash_of(key))
        return self.of_key(key)

    def make(self, key: str) -> "Guest":
        """A guest of a new key."""
        return self.create(key_hash=_hash_of(key))


class Guest(models.Model):
    """A guest who has sent something. What they own names them by `id`; the key itself is only theirs."""

    id = models.CharField(_("id"), primary_key=True, max_length=32, default=_new_id, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    seen = models.DateTimeField(_("seen"), default=timezone.now, db_index=True)
    """When they last sent something, to the day."""
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    """When they signed in, or were sent away: the key is worth nothing since."""

    objects = GuestQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")

    def __str__(self) -> str:
        return gettext("guest {name}").format(name=self.pk)

    def renew(self) -> bool:
        """Let the session last from today on. False if it does already."""
        now = timezone.now()
        if self.seen.date() == now.date():
            return False
        return bool(Guest.objects.filter(pk=self.pk).update(seen=now))

    def end(self) -> bool:
        """End the session. False if it was over before."""
        return bool(Guest.objects.filter(pk=self.pk, ended=None).update(ended=timezone.now()))


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Those by which somebody can still make an account."""
        return self.filter(used=None, ends__gt=timezone.now())

    def of_key(self, key: str) -> "Invitation | None":
        return self.open().filter(key_hash=_hash_of(key)).first() if key else None


class Invitation(models.Model):
    """Lets somebody make one account, where SIGN_UP says `invitation`."""

    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("Whom it is for."))
    created = models.DateTimeField(_("created"), auto_now_add=True)
    ends = models.DateTimeField(_("ends"))
    used = models.DateTimeField(_("used"), null=True, blank=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        verbose_name=_("user"),
    )
    """Who made their account by it."""

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return gettext("invitation {number}").format(number=self.pk) + (
            f" ({self.note})" if self.note else ""
        )

    def give_key(self) -> str:
        """Make its key, which is not kept: whoever has it can make one account."""
        key = new_key()
        self.key_hash = _hash_of(key)
        return key

    def take(self) -> bool:
        """Use it up. False if somebody else was sooner."""
        return bool(Invitation.objects.open().filter(pk=self.pk).update(used=timezone.now()))

    def name(self, user: User) -> None:
        """Write down who has used it."""
        Invitation.objects.filter(pk=self.pk).update(user=user)


class Limits(models.Model):
    """Limits other than the settings', for members of a group, or for guests. Empty: as there; 0: none."""

    group = models.OneToOneField(
        Group,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text=_("None: for guests."),
        verbose_name=_("group"),
    )
    messages = models.PositiveBigIntegerField(
        _("messages"), null=True, blank=True, help_text=_("Replies an hour.")
    )
    uploads = models.PositiveBigIntegerField(_("uploads"), null=True, blank=True, help_text=_("Files a day."))
    replies = models.PositiveBigIntegerField(
        _("replies"), null=True, blank=True, help_text=_("Replies written at once.")
    )
    tokens = models.PositiveBigIntegerField(_("tokens"), null=True, blank=True, help_text=_("A day."))
    cost = models.PositiveBigIntegerField(_("cost"), null=True, blank=True, help_text=_("Cents a day."))
    disk = models.PositiveBigIntegerField(
        _("disk"), null=True, blank=True, help_text=_("Bytes of documents.")
    )

    class Meta:
        verbose_name = _("limits")
        verbose_name_plural = _("limits")

    def __str__(self) -> str:
        return gettext("limits of {whom}").format(whom=self.group or gettext("guests"))


class Count(models.Model):
    """What somebody has done so far of something that is limited (`limits.py`)."""

    name = models.CharField(max_length=20)
    who = models.CharField(max_length=60)
    amount = models.BigIntegerField()
    ends = models.BigIntegerField(db_index=True)
    """When it is forgotten, in seconds since 1970."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("name", "who"), name="accounts_count_once"),)

    def __str__(self) -> str:
        return f"{self.amount} {self.name} of {self.who}"
