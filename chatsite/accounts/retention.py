"""Deletes what is older than the settings say. Each worker does so once an hour, in a thread of its own."""

import logging
import random
import threading
from datetime import timedelta
from importlib import import_module
from time import sleep, time

from axes.models import AccessAttempt
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chatsite.accounts.devices import forget_what_is_over
from chatsite.accounts.models import Count, Guest
from chatsite.accounts.ownership import NOBODYS, UNDO_FOR, Owned, owned_models
from chatsite.accounts.unconfirmed import KEPT_FOR, unconfirmed
from chatsite.live.models import ListChanges

logger = logging.getLogger("chatsite.retention")

EVERY = 3_600.0
"""Seconds between two times."""
_AT_ONCE = 10
"""Conversations, or documents, in one transaction: others want to write as well."""


def expire() -> int:
    """Delete guests and what they have, what is older than KEEP_DAYS, what is temporary, what people have
    deleted and cannot have back, accounts that were not confirmed, sessions that are over, and old counts,
    also of wrong passwords. Returns how many conversations and documents have gone."""
    deleted = 0
    before = timezone.now() - timedelta(days=settings.GUEST_KEEP_DAYS)
    gone = Guest.objects.filter(seen__lt=before)
    for model in owned_models():
        if model.DELETED:
            deleted += _delete(model, Q(**{f"{model.DELETED}__lt": timezone.now() - UNDO_FOR}))
        if model.EXPIRES:
            deleted += _delete(model, Q(**{f"{model.EXPIRES}__lt": timezone.now()}))
        of_guests = _delete(model, Q(user=None, guest__in=gone.values("pk")))
        if not model.LAST_USED:
            continue  # settings
        deleted += delete_nobodys(model)
        deleted += of_guests
        if settings.KEEP_DAYS:
            before = timezone.now() - timedelta(days=settings.KEEP_DAYS)
            deleted += _delete(model, Q(**{f"{model.LAST_USED}__lt": before}))
    gone.delete()
    unconfirmed().filter(date_joined__lt=timezone.now() - KEPT_FOR).delete()
    Count.objects.filter(ends__lt=time()).delete()
    ListChanges.objects.forgotten().delete()
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME).delete()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    forget_what_is_over()
    return deleted


def delete_nobodys(model: type[Owned]) -> int:
    """Delete what its owner has let go (`Owned.let_go`). What is being imported has no owner yet, either, and
    counts as deleted a moment ago."""
    nobodys = Q(**NOBODYS)
    if model.DELETED:
        nobodys &= Q(**{f"{model.DELETED}__lt": timezone.now() - UNDO_FOR})
    return _delete(model, nobodys)


def _delete(model: type[Owned], which: Q) -> int:
    """A few at a time, each of them whole."""
    deleted = 0
    rows: QuerySet[Owned] = model._default_manager.filter(which).order_by()
    while ids := list(rows.values_list("pk", flat=True)[:_AT_ONCE]):
        with transaction.atomic():
            model._default_manager.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted


def start() -> None:
    """Let this process expire what is old, once an hour. To be called once in a process."""
    threading.Thread(target=_expire_every_hour, name="retention", daemon=True).start()


def _expire_every_hour() -> None:
    wait = EVERY * random.random()  # noqa: S311 - the processes of a site do not all begin at once
    while True:
        sleep(wait)
        wait = EVERY
        try:
            if deleted := expire():
                logger.info("%d conversations and documents were kept long enough, and deleted", deleted)
        except DatabaseError as error:
            logger.warning("what is old could not be deleted: %s", type(error).__name__)
        except Exception:
            logger.exception("what is old could not be deleted")
        finally:
            close_old_connections()
