"""manage.py ask "How cool are LLMs?": streams a reply to the terminal."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.base import Assistant, Turn
from chatsite.assistants.chat_model import ModelNotConfigured
from chatsite.assistants.registry import assistants, default_assistant, get_assistant
from chatsite.local_model import LocalModel, LocalModelError
from streaming import stream
from streaming.events import Documents, End, Event, Reasoning, Token, ToolEnd, ToolStart


class Command(BaseCommand):
    help = "Asks an assistant, and prints the reply as it comes. Ctrl-C ends it, upstream too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", help='what to ask; "-" reads it from standard input')
        parser.add_argument("--assistant", default="", help="whom to ask; the first one if it is not given")
        parser.add_argument("--option", default="", help="one of the assistant's options")

    def handle(self, *, text: str, assistant: str, option: str, **options: Any) -> None:
        text = sys.stdin.read() if text == "-" else text
        if not text.strip():
            raise CommandError("Ask something.")
        asked = get_assistant(assistant) if assistant else default_assistant()
        if asked is None:
            raise CommandError(f"There is no assistant {assistant!r}. There are: {', '.join(assistants())}.")
        option = option or next(iter(asked.options), "")
        if option and option not in asked.options:
            raise CommandError(f"{asked.name} has no option {option!r}. It has: {', '.join(asked.options)}.")
        try:
            with _model_at_hand():
                self._ask(asked, text, option)
        except (ModelNotConfigured, LocalModelError) as exc:
            raise CommandError(str(exc)) from exc
        except KeyboardInterrupt:
            self.stdout.write("\n")
            sys.exit(130)

    def _ask(self, asked: Assistant, text: str, option: str) -> None:
        messages: list[BaseMessage] = [HumanMessage(text)]
        if settings.CHAT_SYSTEM_PROMPT:
            messages.insert(0, SystemMessage(settings.CHAT_SYSTEM_PROMPT))
        given = asked.input(Turn(messages, Visitor(), option))
        filters: dict[str, Any] = dict(asked.filters)
        with stream(asked.build(), given, **filters) as events:
            for event in events:
                self._show(event)

    def _show(self, event: Event) -> None:
        """The reply goes to standard output; what leads to it to standard error, not into a pipe."""
        if isinstance(event, Token):
            self.stdout.write(event.text, ending="")
            self.stdout.flush()
        elif isinstance(event, End):
            self.stdout.write("\n")
            if event.error is not None:
                raise CommandError(event.error.message)
        else:
            self.stderr.write(_aside(event), self.style.HTTP_INFO, ending="")
            self.stderr.flush()


def _aside(event: Event) -> str:
    """What leads to the reply, for the terminal."""
    match event:
        case Reasoning():
            return event.text
        case ToolStart():
            return f"{event.name} {json.dumps(event.input, ensure_ascii=False, default=str)}\n"
        case ToolEnd():
            return f"{event.name}: {event.error or event.output}\n"
        case Documents():
            return "".join(f"[{document['id']}] {document['title']}\n" for document in event.documents)
    return ""


@contextmanager
def _model_at_hand() -> Iterator[None]:
    """The local model, if it is the one to answer and no server runs it for us."""
    if not settings.CHAT_LOCAL_MODEL or settings.CHAT_LOCAL_MODEL_URL:
        yield
        return
    with LocalModel(log=settings.DATA_DIR / "local-model.log") as model:
        settings.CHAT_LOCAL_MODEL_URL = model.url
        yield
