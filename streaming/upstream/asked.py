"""What was asked for, as far as the reader of the reply has to know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.exceptions import OutputParserException
from pydantic import TypeAdapter, ValidationError

from streaming.upstream.left_out import Server
from streaming.upstream.tool_calls import optional_tools


@dataclass(frozen=True)
class Asked:
    """Tells a reader how the request shapes the reply."""

    optional: frozenset[str] = frozenset()
    """Tools that run whatever their arguments are."""
    wants_arguments_live: bool = False
    """Whether a tool stands for the form of the reply, which fills in while the model writes it."""
    form: Any = None
    """The `response_format`: a JSON schema, or the class that the reply is to be made into."""
    thinks_from_the_start: bool = False
    server: Server | None = None

    @classmethod
    def of(
        cls,
        payload: Mapping[str, Any],
        *,
        form: Any = None,
        thinks_from_the_start: bool = False,
        server: Server | None = None,
    ) -> "Asked":
        """What a request says. `form` is for an API whose requests have it elsewhere."""
        return cls(
            optional=optional_tools(payload.get("tools")),
            wants_arguments_live=payload.get("tool_choice") not in (None, "auto", "none"),
            form=payload.get("response_format", form),
            thinks_from_the_start=thinks_from_the_start,
            server=server,
        )


def parsed(text: str, form: type) -> Any:
    """The reply as what was asked for. Raises `OutputParserException`."""
    try:
        return TypeAdapter(form).validate_json(text)
    except ValidationError as exc:
        raise OutputParserException(f"The reply is no {form.__name__}.", llm_output=text) from exc
