"""What the page needs to show a message. The page's script shows a live reply in the same way."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.translation import gettext_noop as _

from chatsite.chat.models import Message
from chatsite.chat.rendered import is_read_as_fields, looks_like_json
from chatsite.chat.rendering import pieces
from chatsite.chat.rendering.blocks import Reply
from streaming import errors

if TYPE_CHECKING:
    # It loads LangChain, which takes seconds; the checks at a server's start load all templates' tags.
    from chatsite.assistants.base import Assistant

register = template.Library()

# An address on this site, and nothing that a browser takes for another one ("//", "/\", tabs).
# static/chat/reply/sources.js has the same.
_LOCAL_ADDRESS = re.compile(r"/(?!/)[\w\-./~%?&=#+,:;@]*", re.ASCII)


@dataclass(frozen=True)
class Text:
    """A reply's text as the page has it: finished `html`, the `tail` that may still change, or raw `json`."""

    html: str = ""
    tail: str = ""
    json: str = ""


@dataclass(frozen=True)
class Example:
    """Something to ask at a click."""

    text: str
    option: str = ""


GENERAL_EXAMPLES = (
    Example(_("What is the capital of France?")),
    Example(_("Why is the sky blue?")),
    Example(_("Write a short poem about the sea.")),
)


@register.simple_tag
def examples_of(assistant: "Assistant") -> Sequence[Example]:
    """The assistant's examples, or general ones. As many as it has options go with these, in their order."""
    options = assistant.options if len(assistant.options) == len(assistant.examples) else ()
    chosen = [*options, *[""] * (len(assistant.examples) - len(options))]
    own = [Example(text, option) for text, option in zip(assistant.examples, chosen, strict=True)]
    return own or GENERAL_EXAMPLES


@register.simple_tag
def last_option(messages: Sequence[Message]) -> str:
    """What was chosen of the assistant's options with the newest message that chose."""
    return next((message.option for message in reversed(messages) if message.option), "")


@register.simple_tag
def text_of(message: Message | None) -> Text:
    """The reply's text, rendered. Where fields were read from it, it is shown as it was written."""
    if not message:
        return Text()
    if is_read_as_fields(message):
        return Text(json=message.content)
    if not message.is_running:
        return Text(html=pieces.labelled(message.html, pieces.labels()))
    if looks_like_json(message):
        return Text(tail=message.content)
    so_far = Reply(message.content, owner=message.conversation.owner)
    return Text(html=pieces.labelled(so_far.html, pieces.labels()), tail=so_far.tail)


@register.filter
def in_language(sentence: str) -> str:
    """A sentence of ours that was stored, in the reader's language; any other as it is."""
    return errors.in_language(sentence)


@register.filter
def labelled(html: str) -> str:
    """Rendered HTML, with what is read out of its parts in the reader's language."""
    return pieces.labelled(html, pieces.labels()) if html else html


@register.filter
def is_long(text: str | None) -> bool:
    """Whether what a person wrote is shown folded. static/chat/page/messages.js has the same."""
    return text is not None and (len(text) > 2000 or text.count("\n") > 20)


@register.filter
def is_only_reasoning(message: Message | None) -> bool:
    """Whether the model is still reasoning, and has begun with nothing else."""
    return bool(
        message
        and message.is_running
        and message.details.get("reasoning")
        and not message.content
        and not message.details.keys() & {"steps", "output"}
    )


@register.simple_tag
def step_state(step: Mapping[str, Any] | None, running: object) -> str:
    """How far a tool call is: `running`, `done`, `failed`, or `unfinished` in a reply that has ended."""
    if not step:
        return "running"
    if "error" in step:
        return "failed"
    if "output" in step:
        return "done"
    return "running" if running else "unfinished"


@register.filter
def local_address(source: str) -> str:
    """The source of a document if it is an address on this site; otherwise nothing."""
    return source if _LOCAL_ADDRESS.fullmatch(source or "") else ""
