"""How a function becomes a tool whose failures the model is told, so that it can try again."""

from collections.abc import Callable

from django.utils.translation import gettext_noop as _
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import ValidationError
from pydantic.v1 import ValidationError as ValidationErrorV1

from streaming.errors import with_places

DO_NOT_FIT = with_places(_("The arguments do not fit. {faults}."))


def make_tool(function: Callable[..., str]) -> BaseTool:
    """The tool that calls `function`. Its name, docstring and annotations are what the model reads.

    A `ToolException` that it raises is told to the model, and to the person, in the exception's words.
    """
    return StructuredTool.from_function(
        function, handle_tool_error=True, handle_validation_error=_what_is_wrong
    )


def _what_is_wrong(error: ValidationError | ValidationErrorV1) -> str:
    """Which arguments are missing or of another type. What they held is left out."""
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return DO_NOT_FIT.format(faults=". ".join(faults))
