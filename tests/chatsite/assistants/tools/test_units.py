"""Unit conversion, and what is not let through to the library that does it."""

import time
from typing import Any

import pytest

from chatsite.assistants.tools.units import tool


def convert(value: Any, unit: str, to: str) -> Any:
    args = {"value": value, "unit": unit, "to": to}
    return tool.invoke({"name": "convert_units", "args": args, "id": "1", "type": "tool_call"})


@pytest.mark.parametrize(
    ("value", "unit", "to", "result"),
    [
        (5, "kg", "lb", "5 kilogram = 11.0231131092 pound"),
        (20, "degC", "degF", "20 degree_Celsius = 68 degree_Fahrenheit"),
        (20, "°C", "°F", "20 degree_Celsius = 68 degree_Fahrenheit"),
        (-40, "fahrenheit", "celsius", "-40 degree_Fahrenheit = -40 degree_Celsius"),
        (100, "km/h", "mph", "100 kilometer / hour = 62.1371192237 mile_per_hour"),
        (1, "KILOMETERS", "Miles", "1 kilometer = 0.621371192237 mile"),
        (1, "square meters", "sq ft", "1 meter ** 2 = 10.7639104167 foot ** 2"),
        (1, "m²", "ft^2", "1 meter ** 2 = 10.7639104167 foot ** 2"),
        (1, "kWh", "J", "1 kilowatt_hour = 3600000 joule"),
        (2, "cups", "ml", "2 cup = 473.176473 milliliter"),
        (1, "MB", "MiB", "1 megabyte = 0.953674316406 mebibyte"),
    ],
)
def test_it_converts(value: float, unit: str, to: str, result: str) -> None:
    assert convert(value, unit, to).content == result


@pytest.mark.parametrize(
    ("value", "unit", "to", "told"),
    [
        (1, "m", "s", "meter and second measure different things."),
        (1, "flob", "m", "There is no unit 'flob'."),
        (1, "usd", "eur", "There is no unit 'usd'."),
        (1, "", "m", "That is not a unit."),
        (float("nan"), "m", "ft", "The value must be a finite number."),
        (float("inf"), "m", "ft", "The value must be a finite number."),
        (1e308, "km", "nm", "The result is too large."),
        ("many", "m", "ft", "The arguments do not fit. value: "),
    ],
)
def test_the_model_is_told_what_is_wrong(value: Any, unit: str, to: str, told: str) -> None:
    message = convert(value, unit, to)

    assert message.status == "error"
    assert message.content.startswith(told)


@pytest.mark.alone
@pytest.mark.parametrize(
    "unit",
    [
        "m**9**9**9",
        "9**9**9",
        "m^99999999",
        "m**(9**9)",
        "10 m",
        "m.__class__",
        "__import__('os')",
        "m; s",
        "m\0",
        "m" * 61,
        "m m m m m m m m m m m m m m m m m m m m m m m m m m m m m !",
        "m*m*m*m*m*m*m*m*m*m",
        "²",
        "٣",
    ],
)
def test_what_does_not_look_like_a_unit_is_not_evaluated(unit: str) -> None:
    began = time.monotonic()

    message = convert(1, unit, "m")

    assert message.content.startswith("That is not a unit.")
    assert time.monotonic() - began < 0.5
