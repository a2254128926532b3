"""What a person may say of a reply."""

from django import forms
from django.utils.translation import gettext_lazy as _

from chatsite.chat.forms import CodedForm
from chatsite.feedback.models import COMMENT_LENGTH


class OpinionForm(CodedForm):
    """Whether the reply was `good` ("yes" or "no"), and a `comment` if there is something to say."""

    good = forms.ChoiceField(
        choices=[("yes", _("Good")), ("no", _("Bad"))],
        error_messages={
            "required": _("Say whether the reply was good."),
            "invalid_choice": _("Say whether the reply was good."),
        },
    )
    comment = forms.CharField(
        required=False,
        error_messages={
            "null_characters_not_allowed": _("The comment contains a NUL character, which cannot be stored."),
        },
    )

    def clean_comment(self) -> str:
        comment: str = self.cleaned_data["comment"].replace("\r\n", "\n")
        if len(comment) > COMMENT_LENGTH:
            told = _("The comment has {length:,} characters. It can have {most:,} at most.")
            message = told.format(length=len(comment), most=COMMENT_LENGTH)
            raise forms.ValidationError(message, code="too_long")
        return comment
