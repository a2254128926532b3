"""What staff fill in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from chatsite.staff.models import REASON_LENGTH


class ReasonForm(forms.Form):
    """Why somebody reads what others have written."""

    reason = forms.CharField(label=_("Why"), max_length=REASON_LENGTH)
    page = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
