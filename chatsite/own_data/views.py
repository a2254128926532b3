"""The pages on which people see, take and delete what the site keeps of them."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from chatsite.accounts import deletion
from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.visitor import VisitorRequest, guest_of
from chatsite.answers import SeeOther, busy
from chatsite.chat.portable.numbering import let_go
from chatsite.chat.portable.views import Download, place_for
from chatsite.own_data.archive import archive_of
from chatsite.own_data.forms import ACCOUNT, DeleteForm, NameForm
from chatsite.own_data.summary import summary_of
from streaming.admission import Busy


@for_visitors
@require_safe
@never_cache
def overview(request: VisitorRequest) -> HttpResponse:
    """Say what is kept, and where it can be taken along or deleted."""
    return render(request, "own_data/overview.html", {"summary": summary_of(request.visitor)})


@for_visitors
@require_GET
@never_cache
def download(request: VisitorRequest) -> HttpResponseBase:
    """Send all of it as one file."""
    try:
        place = place_for(request.visitor)
    except Busy as exc:
        return busy(request, retry_after=exc.retry_after)
    with place:
        let_go()
        name = f"my-data-{timezone.localdate().isoformat()}.zip"
        return Download(archive_of(request.visitor), place, name=name, content_type="application/zip")


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: VisitorRequest) -> HttpResponse:
    """Say what goes, ask for the password, and delete it."""
    if request.visitor.user is None:
        return _delete_of_guest(request)
    user = request.visitor.user
    asks = DeleteForm if user.has_usable_password() else NameForm
    form = asks(user, request.POST or None)
    if not form.is_valid():
        return _ask(request, form=form, status=400 if form.is_bound else 200)
    if form.cleaned_data["what"] == ACCOUNT:
        deletion.delete_account(user, by="its owner")
        logout(request)
        messages.success(request, _("Your account and all that you had here are deleted."))
        return SeeOther(reverse("chat:page"))
    deletion.delete_belongings(request.visitor)
    messages.success(request, _("All that you had here is deleted. Your account is still there."))
    return SeeOther(reverse("own_data:overview"))


def _delete_of_guest(request: VisitorRequest) -> HttpResponse:
    if request.method != "POST":
        return _ask(request)
    if (guest := guest_of(request)) is not None:
        deletion.delete_guest(guest)
    messages.success(request, _("All that you had here is deleted."))
    response = SeeOther(reverse("chat:page"))
    response.delete_cookie(settings.GUEST_COOKIE_NAME, samesite="Lax")
    return response


def _ask(request: VisitorRequest, *, form: object = None, status: int = 200) -> HttpResponse:
    context = {"form": form, "summary": summary_of(request.visitor)}
    return render(request, "own_data/delete.html", context, status=status)
