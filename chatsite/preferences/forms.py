"""What a person may set, checked as a whole before any of it is stored."""

from collections.abc import Sequence

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatsite.assistants.offered import model_label, offered_models
from chatsite.assistants.preferences import HOTTEST, INSTRUCTIONS_LENGTH, NAMES, Preferences
from chatsite.chat.history import most_characters

_SHARE = 4
"""Of what a model can read, a quarter is for them at most."""
_MOST_TOKENS = 1_000_000


def longest_instructions() -> int:
    """Characters that leave room for a conversation with each model."""
    rooms = [most_characters(Preferences(model=name)) for name in offered_models()]
    return min(INSTRUCTIONS_LENGTH, min(rooms) // _SHARE)


class PreferencesForm(forms.Form):
    """Those of `names`. What is left empty is inherited."""

    instructions = forms.CharField(
        required=False,
        error_messages={
            "null_characters_not_allowed": gettext_lazy(
                "The instructions contain a NUL character, which cannot be stored."
            ),
        },
    )
    model = forms.ChoiceField(
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("This site does not offer that model. Choose another one.")
        },
    )
    temperature = forms.FloatField(
        required=False,
        min_value=0,
        max_value=HOTTEST,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("The temperature is a number from 0 to 2.")
        ),
    )
    max_tokens = forms.IntegerField(required=False)

    def __init__(self, *args: object, names: Sequence[str], inherited: str, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type] # as Django takes them
        for name in set(NAMES) - set(names):
            del self.fields[name]
        if "max_tokens" in self.fields:
            self.fields["max_tokens"].error_messages["invalid"] = self._told_of_tokens
        if "model" in self.fields:
            choices = [("", inherited), *((name, model_label(name)) for name in offered_models())]
            self.fields["model"].choices = choices  # type: ignore[attr-defined] # it is a ChoiceField

    @property
    def most_tokens(self) -> int:
        return settings.CHAT_MAX_TOKENS or _MOST_TOKENS

    @property
    def _told_of_tokens(self) -> str:
        return _("The longest reply is a whole number from 1 to %(most)s.") % {
            "most": f"{self.most_tokens:,}"
        }

    @property
    def most_characters(self) -> int:
        return longest_instructions()

    @property
    def most_characters_told(self) -> str:
        return f"{self.most_characters:,}"

    @property
    def hottest(self) -> int:
        return int(HOTTEST)

    def clean_instructions(self) -> str:
        text: str = self.cleaned_data["instructions"].replace("\r\n", "\n")
        if len(text) > (most := longest_instructions()):
            told = _("The instructions have %(length)s characters. They can have %(most)s at most.")
            raise forms.ValidationError(
                told % {"length": f"{len(text):,}", "most": f"{most:,}"}, code="too_long"
            )
        return text

    def clean_max_tokens(self) -> int | None:
        number: int | None = self.cleaned_data["max_tokens"]
        if number is not None and not 1 <= number <= self.most_tokens:
            raise forms.ValidationError(self._told_of_tokens, code="invalid")
        return number

    def preferences(self) -> Preferences:
        """What was filled in."""
        return Preferences(**{name: self.cleaned_data[name] for name in NAMES if name in self.fields})


class OwnForm(PreferencesForm):
    """A person's, with what is kept in their browser."""

    theme = forms.ChoiceField(required=False, choices=[("", ""), ("light", ""), ("dark", "")])
