"""The forms that the structured assistant fills in. Their fields come in this order, as the model writes."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_noop as _
from langchain_core.utils.function_calling import convert_to_openai_function
from pydantic import BaseModel, Field

_MAX_TEXT = 60
"""Characters, and"""
_MAX_ITEMS = 6
"""entries of a list: where a form is short, it fits into the local model's replies."""


class Form(BaseModel):
    """A form: its fields' descriptions are what the model reads."""

    label: ClassVar[str]
    """What it is called on the page, in English: the model reads it, too."""

    @classmethod
    def instructions(cls) -> str:
        """What the model is told, whether or not its server holds it to the schema."""
        fields = "\n".join(f"- {name}: {field.description}" for name, field in cls.model_fields.items())
        return (
            f"Fill in a form, {cls.label}, from what the user writes. Answer with one JSON object, "
            f"with these fields and nothing else; leave a text empty if it is not known:\n{fields}"
        )


class Ingredient(BaseModel):
    """One ingredient."""

    name: str = Field(description="what it is")
    amount: str = Field(description="how much, with its unit")


class Recipe(Form):
    """A recipe."""

    label = _("Recipe")

    title: str = Field(description="the name of the dish")
    servings: int = Field(description="for how many people")
    ingredients: list[Ingredient] = Field(description="a list of objects, each with name and amount")
    steps: list[str] = Field(description="a list of what to do, in order")


class Contact(Form):
    """A contact."""

    label = _("Contact")

    name: str = Field(description="the person's name")
    organisation: str = Field(description="where they work")
    email: str = Field(description="their email address")
    phone: str = Field(description="their telephone number")
    address: str = Field(description="their postal address")


class Event(Form):
    """An event."""

    label = _("Event")

    @classmethod
    def instructions(cls) -> str:
        return f"{super().instructions()}\nToday is {timezone.localdate():%A, %d %B %Y}."

    title: str = Field(description="what it is")
    date: str = Field(description="the day")
    time: str = Field(description="when it begins")
    place: str = Field(description="where it is")
    people: list[str] = Field(description="a list of those who take part")
    notes: str = Field(description="anything else")


FORMS: dict[str, type[Form]] = {"recipe": Recipe, "contact": Contact, "event": Event}
"""By the names that the page sends."""


def schema_of(form: type[Form], *, short: bool) -> dict[str, Any]:
    """The form's JSON schema, with its name, as OpenAI's API takes it.

    `short` also bounds texts and lists, for a model that would write one for ever. OpenAI takes no such
    bounds, llama.cpp enforces them.
    """
    function = convert_to_openai_function(form, strict=True)
    schema = function.pop("parameters")
    return {**function, "schema": _bounded(schema) if short else schema}


def _bounded(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bounded(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    bounds: dict[Any, dict[str, int]] = {
        "string": {"maxLength": _MAX_TEXT},
        "array": {"maxItems": _MAX_ITEMS},
    }
    kind = schema.get("type")
    own = bounds.get(kind, {}) if isinstance(kind, str) else {}
    return {name: _bounded(value) for name, value in schema.items()} | own
