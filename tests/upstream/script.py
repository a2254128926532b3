"""The words that a scripted reply is made of: plain data, said by `player.py`.

Every fault that the project must survive is one line:

    Reply("Hel", gate, "lo")                       # pauses until the test opens the gate
    Reply("a", headers_after=gate)                 # silent before its headers
    Reply("a", Comments())                         # keepalive comments for ever
    Reply("a", finish=None)                        # ends cleanly, without finish reason and [DONE]
    Reply("a", End())                              # the same, without usage either
    Reply("a", Cut())                              # closed in the middle of a chunk
    Reply("a", Reset())                            # RST
    Reply("a", ErrorEvent("overloaded"))           # an error inside a 200
    Reply("a", BAD_JSON)
    Reply(EndlessTokens("x "))                     # until the peer closes
    Failure(429, headers={"Retry-After": "120"})

and what a text means is a function:

    upstream.on(lambda _: Embeddings(meaning), path="/v1/embeddings")
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from tests.upstream.gate import Gate


@dataclass(frozen=True)
class Token:
    """A piece of text in a chunk of its own. In a `Reply`, a plain str is one."""

    text: str


@dataclass(frozen=True)
class Reasoning:
    """A piece of reasoning. Servers disagree on the name of the field."""

    text: str
    field: str = "reasoning_content"


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool: a chunk with id and name, then one for each piece of JSON."""

    name: str
    arguments: tuple[str, ...]
    id: str = "call_1"
    index: int = 0


@dataclass(frozen=True)
class Delta:
    """Any other fields of a delta, such as `{"refusal": "No."}`."""

    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """Any JSON value as an event."""

    data: Any


@dataclass(frozen=True)
class Raw:
    """Bytes of the body: chunked as HTTP asks, but not necessarily an event."""

    body: bytes


@dataclass(frozen=True)
class Unframed:
    """Bytes straight onto the socket, outside the chunked framing."""

    data: bytes


@dataclass(frozen=True)
class Pause:
    """A pace for manual trials and benchmarks. Tests wait at gates instead."""

    seconds: float


@dataclass(frozen=True)
class Comments:
    """Keepalive comments until the peer closes."""

    every: float = 0.01


@dataclass(frozen=True)
class EndlessTokens:
    """The same token until the peer closes, as fast as the peer reads by default. Or the same `Reasoning`."""

    text: str = "x "
    every: float = 0.0
    field: str = "content"


@dataclass(frozen=True)
class ErrorEvent:
    """An error inside a 200. The body ends after it."""

    message: str = "The server had an error while processing your request"
    type: str = "server_error"
    code: str | None = None


@dataclass(frozen=True)
class End:
    """A clean end of the body, now: no finish reason, no usage, no [DONE]."""


@dataclass(frozen=True)
class Cut:
    """A chunk that announces more bytes than it has, then FIN."""


@dataclass(frozen=True)
class Reset:
    """RST (`SO_LINGER` of 0): what the peer has not read yet is lost to it too."""


BAD_JSON = Raw(b'data: {"choices": [{"delta": {"content": \n\n')

Content = Token | Reasoning | ToolCall | Delta
Words = Content | Event | Raw | Unframed | Gate | Pause | Comments | EndlessTokens
Ending = ErrorEvent | End | Cut | Reset
Step = Words | Ending


@dataclass(frozen=True)
class Usage:
    """What the provider reports; completion tokens are counted if not given."""

    prompt_tokens: int = 5
    completion_tokens: int | None = None


COUNTED = Usage()


class Reply:
    """A 200 that says its steps, then finish reason, usage and [DONE].

    Usage comes in a chunk of its own when the request asked for it
    (`stream_options.include_usage`); with `usage_on_finish` it rides on the finishing
    chunk without being asked for, as llama.cpp has it. A step that ends the body or
    the connection leaves the rest out. `close` ends the connection after the reply.
    """

    def __init__(
        self,
        *steps: str | Step,
        finish: str | None = "stop",
        usage: Usage | None = COUNTED,
        usage_on_finish: bool = False,
        headers_after: Gate | None = None,
        headers: Mapping[str, str] | None = None,
        close: bool = False,
    ) -> None:
        self.steps: tuple[Step, ...] = tuple(Token(step) if isinstance(step, str) else step for step in steps)
        self.finish = finish
        self.usage = usage
        self.usage_on_finish = usage_on_finish
        self.headers_after = headers_after
        self.headers = dict(headers or {})
        self.close = close

    def __repr__(self) -> str:
        return f"Reply({', '.join(repr(step) for step in self.steps)})"


@dataclass(frozen=True)
class Failure:
    """An HTTP error status. `body` is sent instead of OpenAI's `{"error": {...}}`.

    The connection ends with it, unless told otherwise: LangChain's own clients would keep it, and Python
    would warn of its socket when a test's model is collected.
    """

    status: int
    message: str = "scripted failure"
    _: KW_ONLY
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    headers_after: Gate | None = None
    close: bool = True


@dataclass(frozen=True)
class Embeddings:
    """A 200 with a vector for each text. Without a script, vectors depend on the texts, and mean nothing."""

    vector_of: Callable[[str], Sequence[float]]
