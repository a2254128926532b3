"""What a person may say of a reply."""

from django import forms

from chatsite.chat.forms import CodedForm
from chatsite.feedback.models import COMMENT_LENGTH


class OpinionForm(CodedForm):
    """Whether the reply was `good` ("yes" or "no"), and a `comment` if there is something to say."""

    good = forms.ChoiceField(
        choices=[("yes", "Good"), ("no", "Bad")],
        error_messages={
            "required": "Say whether the reply was good.",
            "invalid_choice": "Say whether the reply was good.",
        },
    )
    comment = forms.CharField(
        required=False,
        error_messages={
            "null_characters_not_allowed": "The comment contains a NUL character, which cannot be stored.",
        },
    )

    def clean_comment(self) -> str:
        comment: str = self.cleaned_data["comment"].replace("\r\n", "\n")
        if len(comment) > COMMENT_LENGTH:
            message = f"The comment has {len(comment):,} characters. It can have {COMMENT_LENGTH:,} at most."
            raise forms.ValidationError(message, code="too_long")
        return comment
