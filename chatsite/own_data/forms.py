"""What is asked before all that a person has is deleted."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.forms import PasswordForm

BELONGINGS, ACCOUNT = "belongings", "account"


class DeleteForm(PasswordForm):
    """What goes, and the password."""

    what = forms.ChoiceField(
        choices=[(BELONGINGS, ""), (ACCOUNT, "")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Say what is to be deleted.")),
    )


class NameForm(forms.Form):
    """The same of somebody who has no password here: their user name."""

    what = DeleteForm.base_fields["what"]
    name = forms.CharField(error_messages={"required": _("Write your user name.")})

    def __init__(self, user: Any, data: Any = None) -> None:
        super().__init__(data)
        self.user = user

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.user.get_username():
            raise forms.ValidationError(_("That is not your user name."))
        return name
