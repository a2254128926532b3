"""Unit conversion, by Pint, which knows the units.

Pint evaluates what it is given as a unit (`m**9**9**9` would keep it busy for ever), so only what looks
like a unit reaches it.
"""

import functools
import math
import re
from typing import TYPE_CHECKING, Annotated

from langchain_core.tools import ToolException

from chatsite.assistants.tools.calculator import shown
from chatsite.assistants.tools.tool import make_tool

if TYPE_CHECKING:
    from pint import Unit, UnitRegistry

_MAX_LENGTH = 60
_EXAMPLES = "Units are names or symbols, such as kg, km/h, m^2, cup, degF."
_WORD = "[A-Za-zµμΩÅ]+"
_NAME = rf"°?{_WORD}(?:[ _]{_WORD})*|%"
_ONE = rf"(?:{_NAME})(?: ?(?:\^|\*\*) ?-?[1-9]|[²³])?"
_UNIT = re.compile(rf"(?:1 ?/ ?)?{_ONE}(?: ?[/*·] ?{_ONE}){{0,5}}")


def convert_units(
    value: Annotated[float, "how many"],
    unit: Annotated[str, "the unit of the value, such as kg, km/h, cup, degF, square meter"],
    to: Annotated[str, "the unit wanted; temperatures are degC, degF and kelvin"],
) -> str:
    """Converts a measurement from one unit to another. It knows no currencies."""
    import pint

    if not math.isfinite(value):
        raise ToolException("The value must be a finite number.")
    source, target = _unit(unit), _unit(to)
    try:
        result = float(_registry().Quantity(value, source).to(target).magnitude)
    except pint.DimensionalityError as exc:
        raise ToolException(f"{source} and {target} measure different things.") from exc
    except (ArithmeticError, pint.PintError, ValueError) as exc:
        raise ToolException(f"{source} cannot be converted to {target}.") from exc
    if not math.isfinite(result):
        raise ToolException("The result is too large.")
    return f"{shown(value)} {source} = {shown(result)} {target}"


def _unit(text: str) -> "Unit":
    """The unit of that name or symbol; in lower case if there is none as it is written."""
    import pint

    text = " ".join(text.split())
    if len(text) > _MAX_LENGTH or not _UNIT.fullmatch(text):
        raise ToolException(f"That is not a unit. {_EXAMPLES}")
    for spelling in (text, text.lower()):
        try:
            return _registry().parse_units(spelling)
        except (pint.PintError, ArithmeticError, AttributeError, TypeError, ValueError):
            continue
    raise ToolException(f"There is no unit {text!r}. {_EXAMPLES}")


@functools.cache
def _registry() -> "UnitRegistry[float]":
    """The process's units: read from Pint's own list, in a third of a second, when first needed."""
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


tool = make_tool(convert_units)
