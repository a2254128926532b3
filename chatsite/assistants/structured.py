"""Fills in a form from what a person writes. The fields arrive while the model writes them."""

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableGenerator, RunnableSequence
from langchain_core.runnables.router import RouterRunnable
from langchain_openai import ChatOpenAI

from chatsite.assistants.base import Assistant, Turn
from chatsite.assistants.chat_model import ModelNotConfigured, chat_model
from chatsite.assistants.forms import FORMS, Form, schema_of
from chatsite.assistants.preferences import NAMES, USUAL, Preferences
from streaming import RunFailed
from streaming.errors import REPLY_TOO_LONG
from streaming.events import Error
from streaming.growing_json import GrowingJson

MAX_CHARACTERS = 20_000
"""Of a form."""

_REASONS = ("finish_reason", "stop_reason", "done_reason")
"""Where providers say why a reply ended."""
_FINISHED = ("stop", "tool_calls", "tool_use", "end_turn")
"""What they say of one that is through."""

NOT_FILLED_IN = Error(
    "output_invalid",
    _("The model did not fill in the form as it was asked to. Try again, or put it in other words."),
    retryable=True,
)


def build(preferences: Preferences = USUAL) -> Runnable[Any, Any]:
    """One chain for each form. The input's `key` says which one answers its `input`."""
    model = chat_model(preferences)
    return RouterRunnable({name: _chain(model, form) for name, form in FORMS.items()})


def _chain(model: BaseChatModel, form: type[Form]) -> Runnable[Any, Any]:
    if isinstance(model, ChatOpenAI):
        asked = {"type": "json_schema", "json_schema": schema_of(form, short=settings.CHAT_LOCAL_MODEL)}
        # Not as `response_format`: LangChain then streams through a part of OpenAI's client that raises
        # when a reply reaches its length limit, and does not ask for the usage.
        return _filled_in(form, model.bind(extra_body={"response_format": asked}))
    try:
        asking = model.with_structured_output(form.model_json_schema())
    except NotImplementedError as exc:
        message = gettext("This model cannot fill in forms: choose another one.")
        raise ModelNotConfigured(message) from exc
    if not isinstance(asking, RunnableSequence):
        return asking
    # The last step, LangChain's parser, begins anew with each piece of the form.
    return _filled_in(form, reduce(or_, asking.steps[:-1]))


def _filled_in(form: type[Form], model: Runnable[Any, AIMessage]) -> Runnable[Any, Any]:
    """Gives the form as far as it has come, for each piece that the model writes.

    The model is called in here. As a step before this one, LangChain would add its pieces up for its tracers,
    and read what there is of the form anew for each.
    """

    def fill_in(prompts: Iterator[Any], config: RunnableConfig) -> Iterator[Any]:
        growing = GrowingJson()
        length, reason = 0, None
        for chunk in chain.from_iterable(model.stream(prompt, config) for prompt in prompts):
            text = _written(chunk)
            growing.feed(text)
            length += len(text)
            reason = _finish_reason(chunk) or reason
            if length > MAX_CHARACTERS:
                raise RunFailed(REPLY_TOO_LONG)
            if growing.is_due:
                yield growing.copy()
        # Cut short by a limit, or broken off: the end of the run says so.
        if reason in _FINISHED and not _is_filled_in(form, growing):
            raise RunFailed(NOT_FILLED_IN)
        if growing.value is not None:
            yield growing.copy()

    return RunnableGenerator(fill_in)  # type: ignore[arg-type] # the stubs know no function with a config


def _written(chunk: AIMessage) -> str:
    """What the model wrote of the form: text, or the arguments of a tool that stands for the form."""
    if isinstance(chunk, AIMessageChunk):
        arguments = "".join(call["args"] or "" for call in chunk.tool_call_chunks)
    else:  # it does not stream
        arguments = "".join(json.dumps(call["args"]) for call in chunk.tool_calls)
    return arguments or chunk.text


def _finish_reason(chunk: AIMessage) -> str | None:
    found = (chunk.response_metadata.get(name) for name in _REASONS)
    return next((str(reason).lower() for reason in found if reason), None)


def _is_filled_in(form: type[Form], growing: GrowingJson) -> bool:
    try:
        form.model_validate(growing.value)
    except ValueError:  # of Pydantic
        return False
    return growing.is_complete


def with_instructions(turn: Turn) -> Mapping[str, Any]:
    """The conversation, with the form to fill in described in its system prompt."""
    option = turn.option if turn.option in FORMS else next(iter(FORMS))
    said: list[BaseMessage] = [message for message in turn.messages if not isinstance(message, SystemMessage)]
    system = SystemMessage(turn.preferences.system_prompt(FORMS[option].instructions()))
    return {"key": option, "input": [system, *said]}


assistant = Assistant(
    slug="structured",
    name=_("Structured"),
    description=_(
        "Turns what you write into a recipe, a contact or an event, field by field. "
        "The small built-in model keeps to the form, but often gets the content wrong."
    ),
    build=build,
    input=with_instructions,
    sees_images=True,
    options={name: form.label for name, form in FORMS.items()},
    examples=(
        _("Pancakes for two, with blueberries"),
        _("Anna Schmidt, Example Ltd, anna@example.org, +49 30 1234567"),
        _("Team lunch next Friday at noon in the canteen, for an hour"),
    ),
    takes=NAMES,
)
