"""The calculator."""

from typing import Annotated

from langchain_core.tools import ToolException

from chatsite.assistants.tools.arithmetic import CannotCalculate, Number, calculate
from chatsite.assistants.tools.tool import make_tool

_DIGITS = 12
"""Of a result that is not whole: what is left when the errors of binary fractions are rounded away."""


def calculator(
    expression: Annotated[str, "such as (2 + 3) * 4 ** 2, or sqrt(2) * sin(pi / 4), angles in radians"],
) -> str:
    """Works out an arithmetic expression. Use it for every calculation."""
    try:
        return shown(calculate(expression))
    except CannotCalculate as exc:
        raise ToolException(str(exc)) from exc


def shown(number: Number) -> str:
    """A number as people write it: 5 rather than 5.0, 0.3 rather than 0.30000000000000004."""
    if isinstance(number, float):
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.{_DIGITS}g}"
    return str(number)


tool = make_tool(calculator)
