"""Unit conversion, by Pint, which knows the units.

Pint evaluates what it is given as a unit (`m**9**9**9` would keep it busy for ever), so only what looks
like a unit reaches it.
"""

import functools
import math
import re
from typing import TYPE_CHECKING, Annotated

from django.utils.translation import gettext_noop as _
from langchain_core.tools import ToolException

from chatsite.assistants.tools.calculator import shown
from chatsite.assistants.tools.tool import make_tool
from streaming.errors import with_places

if TYPE_CHECKING:
    from pint import Unit, UnitRegistry

_MAX_LENGTH = 60
_NO_UNIT = _("That is not a unit. Units are names or symbols, such as kg, km/h, m^2, cup, degF.")
_NOT_KNOWN = with_places(
    _("There is no unit {text}. Units are names or symbols, such as kg, km/h, m^2, cup, degF.")
)
_OTHER_THINGS = with_places(_("{source} and {target} measure different things."))
_NOT_CONVERTED = with_places(_("{source} cannot be converted to {target}."))
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
        raise ToolException(_("The value must be a finite number."))
    source, target = _unit(unit), _unit(to)
    try:
        result = float(_registry().Quantity(value, source).to(target).magnitude)
    except pint.DimensionalityError as exc:
        raise ToolException(_OTHER_THINGS.format(source=source, target=target)) from exc
    except (ArithmeticError, pint.PintError, ValueError) as exc:
        raise ToolException(_NOT_CONVERTED.format(source=source, target=target)) from exc
    if not math.isfinite(result):
        raise ToolException(_("The result is too large."))
    return f"{shown(value)} {source} = {shown(result)} {target}"


def _unit(text: str) -> "Unit":
    """The unit of that name or symbol; in lower case if there is none as it is written."""
    import pint

    text = " ".join(text.split())
    if len(text) > _MAX_LENGTH or not _UNIT.fullmatch(text):
        raise ToolException(_NO_UNIT)
    for spelling in (text, text.lower()):
        try:
            return _registry().parse_units(spelling)
        except (pint.PintError, ArithmeticError, AttributeError, TypeError, ValueError):
            continue
    raise ToolException(_NOT_KNOWN.format(text=repr(text)))


@functools.cache
def _registry() -> "UnitRegistry[float]":
    """The process's units: read from Pint's own list, in a third of a second, when first needed."""
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


tool = make_tool(convert_units)
