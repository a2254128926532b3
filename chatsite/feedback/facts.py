"""What is known of a reply besides its text, in words."""

from collections.abc import Iterator

from chatsite.chat import history
from chatsite.chat.models import Message


def facts_of(reply: Message) -> list[tuple[str, str]]:
    """Names and values, without what is not known."""
    return [(name, value) for name, value in _all(reply) if value]


def context_of(reply: Message) -> str:
    """How full the model's context is with the conversation up to the reply, without the next message."""
    path = reply.conversation.path(reply, characters=history.most_characters())
    return f"{history.reach_of(path).percent} % full after this reply (estimated)"


def rate_of(reply: Message) -> float | None:
    """Tokens a second, from the first one on. None where there is too little to tell from."""
    if reply.output_tokens is None or reply.first_token_ms is None or reply.took_ms is None:
        return None
    milliseconds = reply.took_ms - reply.first_token_ms
    return reply.output_tokens * 1000 / milliseconds if milliseconds > 0 and reply.output_tokens else None


def _all(reply: Message) -> Iterator[tuple[str, str]]:
    source = f" ({reply.usage_source})" if reply.usage_source else ""
    rate = rate_of(reply)
    yield "Model", reply.model
    yield "Ended", reply.finish_reason or reply.get_status_display()
    yield "Tokens read", _tokens(reply.input_tokens, source)
    yield "Tokens written", _tokens(reply.output_tokens, source)
    yield "First token after", _seconds(reply.first_token_ms)
    yield "Written after", _seconds(reply.took_ms)
    yield "Speed", f"{rate:,.1f} tokens a second" if rate is not None else ""


def _tokens(number: int | None, source: str) -> str:
    return "" if number is None else f"{number:,}{source}"


def _seconds(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds / 1000:,.2f} s"
