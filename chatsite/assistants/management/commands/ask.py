"""manage.py ask "How cool are LLMs?": streams a reply to the terminal."""

import logging
import os
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.base import Assistant, Turn
from chatsite.assistants.chat_model import ModelNotConfigured
from chatsite.assistants.registry import assistants, default_assistant, get_assistant
from chatsite.assistants.screen import Screen
from chatsite.chat.history import TooLong
from chatsite.config.command import TerminalCommand
from chatsite.server.local_model import LocalModel, LocalModelError
from streaming import stream
from streaming.errors import in_language
from streaming.events import End

INTERRUPTED = 130
"""What shells have for a program that Ctrl-C ended."""
NOBODY_READS = 141
"""The same for one whose pipe was closed by its reader."""


class Command(TerminalCommand):
    help = gettext_noop(
        "Asks an assistant, and prints the reply as it comes. What leads to it (reasoning, calls of tools, "
        "documents) goes to standard error. Exits with 0 when the reply is complete, and with 1 when it is "
        "not: then what had come stands, and the reason is told on standard error. Ctrl-C ends the reply, "
        "upstream too, and exits with 130."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", help=_('what to ask; "-" reads it from standard input'))
        parser.add_argument(
            "--assistant", default="", help=_("whom to ask; the first one if it is not given")
        )
        parser.add_argument("--option", default="", help=_("one of the assistant's options"))
        parser.add_argument("--user", default="", help=_("whose documents to ask, by name; else nobody's"))

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except KeyboardInterrupt:
            _leave(INTERRUPTED)
        except BrokenPipeError:
            _leave(NOBODY_READS)

    def handle(self, *, text: str, assistant: str, option: str, user: str, **options: Any) -> None:
        text = sys.stdin.read() if text == "-" else text
        if not text.strip():
            raise CommandError(_("Ask something."))
        asked = get_assistant(assistant) if assistant else default_assistant()
        if asked is None:
            told = _("There is no assistant {name!r}. There are: {all}.")
            raise CommandError(told.format(name=assistant, all=", ".join(assistants())))
        option = option or next(iter(asked.options), "")
        if option and option not in asked.options:
            told = _("{assistant} has no option {option!r}. It has: {all}.")
            name, there = _(asked.name), ", ".join(asked.options)
            raise CommandError(told.format(assistant=name, option=option, all=there))
        visitor = _visitor(user)
        screen = Screen(self.stdout, self.stderr, bold=self.style.HTTP_INFO)
        try:
            with _quiet_log(options["verbosity"]), _model_at_hand():
                _ask(asked, Turn(_messages(text), visitor, option), screen)
        except (ModelNotConfigured, LocalModelError) as exc:
            raise CommandError(str(exc)) from exc
        except TooLong as exc:
            raise CommandError(_("The text is longer than the model can read. Shorten it.")) from exc
        except KeyboardInterrupt:
            screen.end_line(or_begin_one=True)
            raise


def _visitor(username: str) -> Visitor:
    """That person; nobody if no name is given."""
    if not username:
        return Visitor()
    try:
        return Visitor(user=User.objects.get_by_natural_key(username))
    except User.DoesNotExist as exc:
        raise CommandError(_("There is no user {name!r}.").format(name=username)) from exc
    except DatabaseError as exc:
        raise CommandError(_("The database cannot be used: {why}").format(why=exc)) from exc


def _messages(text: str) -> list[BaseMessage]:
    asked = HumanMessage(text)
    return [SystemMessage(settings.CHAT_SYSTEM_PROMPT), asked] if settings.CHAT_SYSTEM_PROMPT else [asked]


def _ask(asked: Assistant, turn: Turn, screen: Screen) -> None:
    filters: dict[str, Any] = dict(asked.filters)
    with stream(asked.runnable(), asked.input(turn), **filters) as events:
        for event in events:
            screen.show(event)
            if isinstance(event, End) and event.error is not None:
                raise CommandError(in_language(event.error.message))


@contextmanager
def _quiet_log(verbosity: int) -> Iterator[None]:
    """No warnings: a line of the log would come into the middle of the reply."""
    log = logging.getLogger("streaming")
    level = log.level
    log.setLevel(level if verbosity > 1 else logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@contextmanager
def _model_at_hand() -> Iterator[None]:
    """The local model, if it is the one to answer and no server runs it for us."""
    if not settings.CHAT_LOCAL_MODEL or settings.CHAT_LOCAL_MODEL_URL:
        yield
        return
    settings.CHAT_LOCAL_MODEL_KEY = key = secrets.token_urlsafe(32)
    with LocalModel(log=settings.DATA_DIR / "local-model.log", key=key) as model:
        settings.CHAT_LOCAL_MODEL_URL = model.url
        yield


def _leave(status: int) -> NoReturn:
    """End this process. Python's own way out waits for a tool that is at work in a thread."""
    for out in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            out.flush()
    os._exit(status)
