"""Durable runs: who runs them, how they stand, and what they have given out so far.

The database holds the truth. Everything else (memory, Redis) only makes it arrive sooner.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from streaming import event_json
from streaming.events import End, Event
from streaming.signals import run_ended


class Process(models.Model):
    """The lease of one process that runs runs. Whoever deletes the row has taken the runs from it.

    Each commit of a process's events counts `beat` up, and fails where there is no row: so a process
    that was taken for dead, and comes back, cannot write over what has happened since.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    beat = models.BigIntegerField(default=0)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    pid_space = models.CharField(max_length=200, blank=True)
    started = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class RunQuerySet(models.QuerySet["Run"]):
    def going_on(self) -> "RunQuerySet":
        """Those that have not ended."""
        return self.filter(status=Run.Status.RUNNING)

    def orphans(self) -> "RunQuerySet":
        """Those that go on, although their process has gone."""
        return self.going_on().exclude(owner__in=Process.objects.values("pk"))

    def ended_before(self, ago: timedelta) -> "RunQuerySet":
        """Those that ended so long ago."""
        return self.filter(ended__lt=Now() - ago)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete them, and their events. The lock keeps the process of one that goes on from committing more
        of these between the two, by which the deletion would fail: its commit does, and its run is over."""
        with transaction.atomic(using=self.db):
            list(self.select_for_update(of=("self",)).values_list("pk", flat=True))
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def request_stop(self, run_id: UUID) -> bool:
        """Ask the process that runs it to end it. Returns False if it has ended, or was asked before."""
        return bool(self.going_on().filter(pk=run_id, stop_requested=None).update(stop_requested=Now()))


class Times(NamedTuple):
    """How long a run took in the process that ran it, in milliseconds: None where that is not known."""

    first_token_ms: int | None = None
    """Until the model said something: a piece of its text, or of its reasoning."""
    took_ms: int | None = None
    """Until the end."""


class Run(models.Model):
    """One generation."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        WAITING = "waiting", _("Waiting")
        """For a person, who was asked something. The run is over; its answer begins another one."""
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        INTERRUPTED = "interrupted", _("Interrupted")

    id = models.UUIDField(_("id"), primary_key=True, editable=False)
    owner = models.UUIDField(pgettext_lazy("run", "owner"), db_index=True)
    """The `Process` that runs it. No foreign key: that row is deleted to take the run away."""
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    status = models.CharField(
        _("status"), max_length=11, choices=Status, default=Status.RUNNING, db_index=True
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)
    ended = models.DateTimeField(_("ended"), null=True, db_index=True)
    last_event = models.PositiveIntegerField(_("last event"), null=True)
    """The number of its `End`, once it has ended."""
    stop_requested = models.DateTimeField(_("stop requested"), null=True)
    stopped_after_ms = models.PositiveIntegerField(_("stopped after ms"), null=True)
    """From the request to stop, wherever it was made, to the end of the upstream connections."""
    belongs_to = models.CharField(_("belongs to"), max_length=255, blank=True, db_index=True)
    """Who may follow and stop it by `streaming.urls`: what `streaming.views.asking()` said of the request."""
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    """Whatever `runs.start()` was given to find the run by."""

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.status != self.Status.RUNNING

    def end(
        self,
        end: End,
        events: list[Event],
        *,
        stopped_after_ms: int | None = None,
        times: Times | None = None,
        announce: bool = True,
    ) -> bool:
        """Record how it ended; in the transaction that adds the `End`, the last of `events`, to the log.

        False, and nothing is changed, if it was ended before, or has another owner by now.
        """
        mine = Run.objects.going_on().filter(pk=self.pk, owner=self.owner)
        changed = mine.update(
            status=end.status, ended=Now(), last_event=end.id, stopped_after_ms=stopped_after_ms
        )
        if changed and announce:
            run_ended.send(Run, run_id=self.pk, end=end, events=events, times=times or Times())
        return bool(changed)


class LogPartQuerySet(models.QuerySet["LogPart"]):
    def of_ended_runs(self, *, older_than: timedelta) -> "LogPartQuerySet":
        """The parts of runs that ended so long ago."""
        return self.filter(run__ended__lt=Now() - older_than)


class LogPart(models.Model):
    """Events of a run that were committed together: those numbered from `first` on."""

    run = models.ForeignKey(Run, related_name="parts", on_delete=models.CASCADE)
    first = models.PositiveIntegerField()
    events = models.TextField()
    """As `streaming.event_json` writes them. Text, not the database's JSON: that forbids some characters,
    and forgets the order of names."""

    objects = LogPartQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "first"), name="streaming_logpart_once"),)
        ordering = ("first",)

    def __str__(self) -> str:
        return f"events of run {self.run_id} from {self.first}"

    @classmethod
    def of(cls, run_id: UUID, events: Iterable[Event]) -> "LogPart":
        """Numbered events, to be saved."""
        numbered = list(events)
        return cls(run_id=run_id, first=numbered[0].id, events=event_json.dumps(numbered))

    def load(self) -> list[Event]:
        """The events, numbered."""
        return event_json.loads(self.events, first=self.first)
