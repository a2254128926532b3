"""Runs a runnable, and is the one place where a run ends.

A run ends once, by whichever comes first: the runnable returns or raises (in the worker's thread), a
person stops it (in the thread of that request), a deadline passes (in the thread of the watch). The first
seals the sink, so that no token can follow, and writes the `End`. The others find it sealed, and do nothing.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import merge_configs

from streaming import cancellation, django_locals, errors, shared_connection
from streaming.callbacks.custom import config_of_writer, custom_in, is_custom_alone
from streaming.callbacks.handler import QueueCallback
from streaming.callbacks.steps import StepFilter
from streaming.cancellation import Cancellation, Cancelled
from streaming.conf import Conf
from streaming.errors import RunFailed
from streaming.events import End, Error, Event, Reasoning, Start, Status, Token, ToolText, Usage
from streaming.log.sink import Sink
from streaming.running.deadlines import watch
from streaming.scheduling import give_way


class Worker:
    """One run of one runnable: its events, an `End` last, go into a sink."""

    def __init__(
        self,
        runnable: Runnable[Any, Any],
        input: Any,
        sink: Sink,
        *,
        start: Start,
        prefix: str = "",
        config: RunnableConfig | None = None,
        conf: Conf,
        wanted: StepFilter | None = None,
    ) -> None:
        self._runnable = runnable
        self._input = input
        self._sink = sink
        self._start = start
        self._prefix = prefix
        self._conf = conf
        self._cancellation = Cancellation()
        shared_connection.share_in_tests()
        self._context = copy_context()
        """What holds here holds in the run, wherever its events are read."""
        self._context.run(django_locals.note)
        self._outer = cancellation.current.get()
        """The run in which this one is started: by a tool that streams a model of its own, say."""
        self._callback = QueueCallback(self, cancellation=self._cancellation, wanted=wanted, given=input)
        self._ledger = self._callback.ledger
        self._config = merge_configs(
            config_of_writer(runnable, self.put), config, {"callbacks": [self._callback]}
        )
        self._custom_alone = is_custom_alone(runnable)
        self._started = False
        self._began = self._active = time.monotonic()
        self._heard = False
        self._blocked: set[int] = set()
        self._characters = 0
        self.exception: BaseException | None = None
        """What the run raised, for callers in the same process. Set before the `End` is there."""
        self.end: End | None = None
        """The last event. Set before it is there."""

    def stop(self, status: Status = "stopped") -> None:
        """End the run now and close its upstream connections. From any thread; idempotent."""
        self._end(status)

    def abandon(self) -> None:
        """Make the runnable end, and write no `End`: another thread has sealed its log."""
        watch.discard(self)
        self._cancel()

    @property
    def run(self) -> str:
        """The run's id."""
        return self._start.run

    @property
    def message(self) -> AIMessageChunk | None:
        """The reply's chunks added up, as far as they have come."""
        return self._ledger.message

    # Where the runnable runs

    def _begin(self) -> bool:
        """Put the `Start`. False if that was done before, or the run had ended before it began."""
        if self._started:
            return False
        self._started = True
        try:
            if self._outer is not None:
                self._outer.adopt(self.stop)
            self._sink.put(self._start)
            if self._prefix:
                self._sink.put(Token(self._prefix))
        except Cancelled:
            self._end("stopped")
            return False
        watch.add(self)
        return True

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Surround the runnable: however that ends, the run ends."""
        cancellation.current.set(self._cancellation)
        cancellation.reader.set(None)  # of a durable run's readers none is the one for whom it runs
        try:
            django_locals.carry()
            yield
        except Cancelled:
            self._end("stopped")
        except BaseException as exc:  # noqa: BLE001 - SystemExit in a tool must end the run, not lose it
            self._fail(self._error_of(exc), exc)
        else:
            if self._ledger.broke_off:
                self._fail(errors.INCOMPLETE, None)
            elif self._callback.questions.asked is not None:
                self._end("waiting")
            elif self._callback.parsing.failed:
                self._fail(errors.OUTPUT, None)
            else:
                self._end("done")

    def _error_of(self, exc: BaseException) -> Error:
        """Return the error to show. Where a parser gave nothing, what comes after it fails for that."""
        error = errors.classify(exc, providers=self._ledger.is_providers(exc), began=self._heard)
        return errors.OUTPUT if error is errors.INTERNAL and self._callback.parsing.failed else error

    def _see(self, chunk: Any) -> None:
        """Take a chunk that the runnable gave. What matters of it has come through the callback, mostly."""
        self._cancellation.check()
        self._callback.questions.see(chunk)
        if self._custom_alone or isinstance(chunk, tuple):
            for event in custom_in(chunk, alone=self._custom_alone):
                self.put(event)

    def put(self, event: Event) -> None:
        """Take an event from the callback: where the runnable runs, or in one of its parallel branches."""
        self._heard = True
        self._characters += _size(event)
        if self._characters > self._conf.MAX_CHARACTERS:
            self._fail(errors.REPLY_TOO_LONG, None)
            raise Cancelled
        with self._waiting_for_readers():
            self._sink.put(event)
        give_way()

    @contextmanager
    def _waiting_for_readers(self) -> Iterator[None]:
        """Count no silence meanwhile: a slow reader is no silent model."""
        thread = threading.get_ident()
        self._blocked.add(thread)
        try:
            yield
        finally:
            self._active = time.monotonic()
            self._blocked.discard(thread)

    # In the watch's thread

    def due(self) -> float:
        """Return when the next of the deadlines falls."""
        total = self._began + self._conf.TOTAL_TIMEOUT
        models = self._ledger.at_work
        if models.characters > self._conf.MAX_CHARACTERS:
            return time.monotonic()
        if self._blocked or not models.any:
            return total
        patience = self._conf.IDLE_TIMEOUT if models.heard else self._conf.FIRST_TOKEN_TIMEOUT
        return min(total, max(self._active, models.since) + patience)

    def fail_overdue(self) -> None:
        """End the run as failed, for the deadline that has passed."""
        self._fail(self._overdue(), None)
        close_database_connections()

    def _overdue(self) -> Error:
        if self._ledger.at_work.characters > self._conf.MAX_CHARACTERS:
            return errors.REPLY_TOO_LONG
        if time.monotonic() >= self._began + self._conf.TOTAL_TIMEOUT:
            return errors.TIMEOUT_TOTAL
        return errors.TIMEOUT_IDLE if self._ledger.at_work.heard else errors.TIMEOUT_FIRST

    # In any thread

    def _cancel(self) -> None:
        """Make the runnable end, and close its upstream connections. Never waits."""
        self._cancellation.cancel()

    def _fail(self, error: Error, exc: BaseException | None) -> None:
        self._end("failed", error=error, exc=exc)

    def _end(self, status: Status, *, error: Error | None = None, exc: BaseException | None = None) -> None:
        if not self._sink.seal():
            return
        last = End(status="failed", error=errors.INTERNAL)  # whatever goes wrong from here on, it ends
        try:
            self._note_ending(threading.get_ident())
            self.exception = exc or (RunFailed(error) if error else None)
            watch.discard(self)
            if self._outer is not None:
                self._outer.disown(self.stop)
            if status not in ("done", "waiting"):
                self._cancel()
            if error is not None:  # before the end: a process may leave when it has seen that
                own = exc is not None and not self._ledger.is_providers(exc)
                errors.log_failure(self._start.run, error, exc, own=own)
            reason = self._ledger.finish_reason if status == "done" else None
            asked = self._callback.questions.asked if status == "waiting" else None
            kept = self._ledger.sent_back if status == "done" else {}
            usage = self._usage()
            last = End(
                status=status, finish_reason=reason, usage=usage, error=error, asked=asked, sent_back=kept
            )
        finally:
            self.end = last
            self._sink.end(last)
            self._note_ending(None)

    def _note_ending(self, thread: int | None) -> None:
        with self._cancellation.lock:
            self._cancellation.ending = thread

    def _usage(self) -> Usage | None:
        try:
            return self._ledger.usage
        except Exception as exc:  # noqa: BLE001 - a provider's odd report must not cost the reply
            errors.log_failure(self._start.run, errors.INTERNAL, exc)
            return None


def _size(event: Event) -> int:
    """Return about how many characters the event adds to a log."""
    return len(event.text) if isinstance(event, Token | Reasoning | ToolText) else len(repr(event))


def close_database_connections() -> None:
    """Close what the runnable or a hook opened in this thread: the end of a thread does not."""
    from django.conf import settings

    if settings.configured:
        from django.db import connections

        connections.close_all()
