"""manage.py ask "How cool are LLMs?": streams a reply to the terminal."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from langchain_core.messages import HumanMessage, SystemMessage

from chatsite.assistants.chat_model import ModelNotConfigured
from chatsite.assistants.registry import default_assistant
from chatsite.local_model import LocalModel, LocalModelError
from streaming import stream
from streaming.events import End, Token


class Command(BaseCommand):
    help = "Asks the assistant, and prints its reply as it comes. Ctrl-C ends it, upstream too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", help='what to ask; "-" reads it from standard input')

    def handle(self, *, text: str, **options: Any) -> None:
        text = sys.stdin.read() if text == "-" else text
        if not text.strip():
            raise CommandError("Ask something.")
        try:
            with _model_at_hand():
                self._ask(text)
        except (ModelNotConfigured, LocalModelError) as exc:
            raise CommandError(str(exc)) from exc
        except KeyboardInterrupt:
            self.stdout.write("\n")
            sys.exit(130)

    def _ask(self, text: str) -> None:
        messages = [SystemMessage(settings.CHAT_SYSTEM_PROMPT), HumanMessage(text)]
        with stream(default_assistant().build(), messages) as events:
            for event in events:
                if isinstance(event, Token):
                    self.stdout.write(event.text, ending="")
                    self.stdout.flush()
                elif isinstance(event, End):
                    self.stdout.write("\n")
                    if event.error is not None:
                        raise CommandError(event.error.message)


@contextmanager
def _model_at_hand() -> Iterator[None]:
    """The local model, if it is the one to answer and no server runs it for us."""
    if not settings.CHAT_LOCAL_MODEL or settings.CHAT_LOCAL_MODEL_URL:
        yield
        return
    with LocalModel(log=settings.DATA_DIR / "local-model.log") as model:
        settings.CHAT_LOCAL_MODEL_URL = model.url
        yield
