"""What flows: the typed events of a run, as they are logged and sent.

A run gives out a `Start`, then whatever the runnable produces, then exactly one `End`, always last.
`docs/protocol.md` has the same table for readers of the wire; a test holds the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

Status = Literal["queued", "running", "waiting", "done", "stopped", "failed", "interrupted"]
"""No run is `queued` yet: one that has no room is refused, and the others begin with the commit."""


class _Framed:
    """Has room for the bytes on the wire. They are no field: they follow from the fields."""

    __slots__ = ("frame",)
    frame: bytes


@dataclass(frozen=True, slots=True)
class BaseEvent(_Framed):
    """What all events have: one is one thing that happened in a run.

    `id` is the event's number in its run, from 1 and without gaps; 0 means that no log has numbered it.
    """

    event: ClassVar[str]
    """The event's name on the wire."""

    id: int = field(default=0, kw_only=True)

    def data(self) -> dict[str, Any]:
        """The event's JSON object on the wire."""
        return {name: value for name, value in asdict(self).items() if name != "id"}


@dataclass(frozen=True, slots=True)
class Start(BaseEvent):
    """The run exists. `model` is the name of the model that answers, where the run has only one."""

    event: ClassVar[Literal["start"]] = "start"
    run: str
    conversation: str | None = None
    message: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Stands for who writes a text of a run: one call of a model, or a step that speaks for itself.

    `step` and `name` are LangChain's id and name of the step, `node` is the graph's node in which it works,
    and `path` names the nodes around that one, outermost first.
    """

    step: str | None = None
    name: str | None = None
    model: str | None = None
    node: str | None = None
    path: Sequence[str] = ()


_UNKNOWN = Writer()


@dataclass(frozen=True, slots=True)
class _Written(BaseEvent):
    """A piece of a text, and who writes it: `writer` is the place among the run's writers, from 1.

    A writer's first piece `introduces` it on the wire, unless `start` has named it: the others have its
    number, and the first writer's have nothing. It plays no part in comparisons. Read back from a log, only
    the piece that introduces a writer has `by`.
    """

    text: str
    writer: int = field(default=1, kw_only=True, compare=False)
    by: Writer = field(default=_UNKNOWN, kw_only=True, compare=False)
    introduces: bool = field(default=False, kw_only=True, compare=False)

    @property
    def step(self) -> str | None:
        """LangChain's id of the step that writes."""
        return self.by.step

    @property
    def name(self) -> str | None:
        """LangChain's name of it."""
        return self.by.name

    def data(self) -> dict[str, Any]:
        # Not asdict(), which walks and copies: this comes once a token.
        if self.introduces:
            return {"text": self.text, "writer": self.writer, **asdict(self.by), "path": list(self.by.path)}
        if self.writer != 1:
            return {"text": self.text, "writer": self.writer}
        return {"text": self.text}


@dataclass(frozen=True, slots=True)
class Token(_Written):
    """A piece of the reply's text: never empty, well-formed Unicode, without NUL."""

    event: ClassVar[Literal["token"]] = "token"


@dataclass(frozen=True, slots=True)
class Reasoning(_Written):
    """A piece of what the model says to itself before it replies. Never part of the reply."""

    event: ClassVar[Literal["reasoning"]] = "reasoning"


@dataclass(frozen=True, slots=True)
class ToolText(_Written):
    """A piece of what a model writes for a tool that calls it. Never part of the reply.

    `call_id` (on the wire: `id`) is that of the call's `ToolStart`.
    """

    event: ClassVar[Literal["tool-text"]] = "tool-text"
    call_id: str = ""

    def data(self) -> dict[str, Any]:
        return {"id": self.call_id, **super(ToolText, self).data()}


@dataclass(frozen=True, slots=True)
class ToolStart(BaseEvent):
    """A tool was called. `call_id` (on the wire: `id`) is the same in the call's `ToolEnd`."""

    event: ClassVar[Literal["tool-start"]] = "tool-start"
    call_id: str
    name: str
    input: Any = None

    def data(self) -> dict[str, Any]:
        return {"id": self.call_id, "name": self.name, "input": self.input}


@dataclass(frozen=True, slots=True)
class ToolEnd(BaseEvent):
    """A tool returned its `output`, or failed with an `error`, a sentence that a person may read."""

    event: ClassVar[Literal["tool-end"]] = "tool-end"
    call_id: str
    name: str
    output: Any = None
    error: str | None = None

    def data(self) -> dict[str, Any]:
        result = {"error": self.error} if self.error is not None else {"output": self.output}
        return {"id": self.call_id, "name": self.name, **result}


@dataclass(frozen=True, slots=True)
class Documents(BaseEvent):
    """What a retriever found: for each document its `id`, `title`, `source` and `text`."""

    event: ClassVar[Literal["documents"]] = "documents"
    documents: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Output(BaseEvent):
    """RFC 6902 operations that bring the structured output so far up to date."""

    event: ClassVar[Literal["output"]] = "output"
    patch: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Custom(BaseEvent):
    """What a graph or a tool says by itself: under a `name`, any JSON `value` (on the wire: `data`)."""

    event: ClassVar[Literal["custom"]] = "custom"
    name: str
    value: Any = None

    def data(self) -> dict[str, Any]:
        return {"name": self.name, "data": self.value}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens read and written, as the provider `reported` them or as `estimated` from the text."""

    input_tokens: int
    output_tokens: int
    source: Literal["reported", "estimated"]


@dataclass(frozen=True, slots=True)
class Error:
    """Why a run failed: a stable `code`, and a sentence that a person can act on.

    `retryable` says whether the same request may well succeed a little later.
    """

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class End(BaseEvent):
    """The run is over. `done` implies that the model finished its reply; `error` is set when `failed`.

    `asked` is set when `waiting`: what the runnable asked a person, each question with its `id` and `value`.
    Another run answers it.
    """

    event: ClassVar[Literal["end"]] = "end"
    status: Status
    finish_reason: str | None = None
    usage: Usage | None = None
    error: Error | None = None
    asked: Sequence[Mapping[str, Any]] | None = None
    sent_back: Mapping[str, Any] = field(default_factory=dict, kw_only=True, compare=False, repr=False)
    """What the model's server wants back with the reply, to be stored with it: its message's
    `additional_kwargs`. It is in no log and on no wire."""

    def data(self) -> dict[str, Any]:
        fields = super(End, self).data()
        del fields["sent_back"]
        if self.asked is None:
            del fields["asked"]
        return fields


@dataclass(frozen=True, slots=True)
class Reset(BaseEvent):
    """The reader is told that the events are gone: what there is of the `message` is to be loaded anew.

    It is made for one reader, and is in no log.
    """

    event: ClassVar[Literal["reset"]] = "reset"
    message: str


Event = Start | Token | Reasoning | ToolStart | ToolText | ToolEnd | Documents | Output | Custom | End
"""What a run gives out. Its class tells one from the others, to a type checker as well; so does `event`."""


def number(event: BaseEvent, place: int) -> None:
    """Give an event its number, when a log takes it over. Nobody else has it yet, and a copy for each
    token would cost as much as all else that a log does."""
    object.__setattr__(event, "id", place)


def frame_of(event: BaseEvent) -> bytes | None:
    """The event's bytes, if they were kept."""
    return getattr(event, "frame", None)


def keep_frame(event: BaseEvent, frame: bytes) -> None:
    """Keep a numbered event's bytes for other readers."""
    object.__setattr__(event, "frame", frame)


class Idle:
    """Stands in a stream for a moment in which nothing happened, so that readers can look around.

    Only streams that were asked for it (`tick=`) carry it. It is no event: it has no number and no bytes.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "IDLE"


IDLE = Idle()
"""The only one that is needed."""
