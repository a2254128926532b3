"""Arithmetic that cannot be made to hang, to fill the memory or to reach anything: a subset of Python's
expressions, parsed by Python and worked out here, node by node, with a bound on every number.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import TypeVar

from django.utils.translation import gettext_noop as _

from streaming.errors import with_places

Number = int | float
T = TypeVar("T")

MAX_LENGTH = 200
"""Characters of an expression. It bounds the depth, and the number of operations, too."""
MAX_BITS = 4_096
"""Of a whole number: 1,233 digits."""
_MAX_FACTORIAL = 500
_MAX_PLACES = 20

# The model reads these in English, and people in their language.
_TOO_LONG = with_places(_("The expression has {length} characters; {most} are allowed."))
_NOT_KNOWN = with_places(_("{name} is not known here. Known are: {names}."))
_NO_RESULT = with_places(_("This has no result: {why}."))
_FACTORIAL = with_places(_("factorial() takes whole numbers from 0 to {most}."))
_ROUND = with_places(_("round() takes up to {most} places."))


class CannotCalculate(ValueError):
    """The expression is refused, or has no result. The message says what would be taken."""


def calculate(expression: str) -> Number:
    """The value of an expression. Raises `CannotCalculate`."""
    if len(expression) > MAX_LENGTH:
        raise CannotCalculate(_TOO_LONG.format(length=len(expression), most=MAX_LENGTH))
    for sign, meaning in _SIGNS.items():
        expression = expression.replace(sign, meaning)
    if not expression.isascii():
        raise CannotCalculate(_("Only ASCII digits, names and operators are understood."))
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, MemoryError, RecursionError) as exc:
        raise CannotCalculate(_("That is not an arithmetic expression. Example: (2 + 3) * 4 ** 2")) from exc
    except ZeroDivisionError as exc:
        raise CannotCalculate(_("Division by zero.")) from exc
    except OverflowError as exc:
        raise CannotCalculate(_("The result is too large.")) from exc


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            return _bounded(number)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _applied(_BINARY[type(op)], _value(left), _value(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _applied(_UNARY[type(op)], _value(operand))
        case ast.Name(id=name):
            return _known(name, _CONSTANTS)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _applied(_known(name, _FUNCTIONS), *map(_value, arguments))
    raise CannotCalculate(
        _(
            "Only numbers (no separators of thousands), + - * / // % **, brackets and functions "
            "are understood."
        )
    )


def _known(name: str, names: Mapping[str, T]) -> T:
    if name not in names:
        raise CannotCalculate(_NOT_KNOWN.format(name=repr(name), names=", ".join(names)))
    return names[name]


def _applied(function: Callable[..., Number], *values: Number) -> Number:
    try:
        return _bounded(function(*values))
    except (TypeError, ValueError) as exc:
        if isinstance(exc, CannotCalculate):
            raise
        why = str(exc) or "the arguments do not fit"
        raise CannotCalculate(_NO_RESULT.format(why=why)) from exc


def _bounded(number: Number) -> Number:
    if isinstance(number, complex):
        raise CannotCalculate(_("This has no real result."))
    if isinstance(number, int):
        if number.bit_length() > MAX_BITS:
            raise OverflowError
    elif not math.isfinite(number):
        raise OverflowError
    return number


def _power(base: Number, exponent: Number) -> Number:
    """Refused before it is worked out, if it would be too large."""
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and exponent > 0 and abs(base) > 1 and int(base).bit_length() * exponent > 2 * MAX_BITS:
        raise OverflowError
    result: Number = base**exponent
    return result


def _factorial(number: Number) -> Number:
    if number != int(number) or not 0 <= number <= _MAX_FACTORIAL:
        raise CannotCalculate(_FACTORIAL.format(most=_MAX_FACTORIAL))
    return math.factorial(int(number))


def _round(number: Number, places: Number = 0) -> Number:
    """Python's would work out 10 ** 999999999 for the places of a whole number."""
    if not isinstance(places, int) or abs(places) > _MAX_PLACES:
        raise CannotCalculate(_ROUND.format(most=_MAX_PLACES))
    return round(number, places)


_SIGNS = {"×": "*", "·": "*", "÷": "/", "−": "-", "π": "pi", "√": "sqrt", "^": "**"}  # noqa: RUF001
_BINARY: dict[type[ast.operator], Callable[..., Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_UNARY: dict[type[ast.unaryop], Callable[..., Number]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "sqrt": math.sqrt,
    "factorial": _factorial,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "degrees": math.degrees,
    "radians": math.radians,
}
