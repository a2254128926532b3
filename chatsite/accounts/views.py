"""Making an account, signing in and out, and looking after one's own account.

The pages are this site's, and so is signing in: guesses are counted by the user's name. What happens in the
background, and in which order, is allauth's.
"""

from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit, urlunsplit

from allauth.account import views as allauth
from allauth.account.utils import perform_login
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatsite.accounts import devices, limits
from chatsite.accounts.decorators import for_everybody, for_members
from chatsite.accounts.forms import PasswordForm
from chatsite.accounts.invitations import key_of
from chatsite.accounts.unconfirmed import unconfirmed
from chatsite.answers import SeeOther, limited

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class SignIn(LoginView):
    """Django's own, which leads back to the page that one came from."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or first do what is still to be done: confirm the address of a new account."""
        user = form.get_user()
        waits = settings.MAIL is not None and unconfirmed().filter(pk=user.pk).exists()
        response: HttpResponse = perform_login(
            self.request,
            user,
            email_verification="mandatory" if waits else "none",
            redirect_url=self.get_success_url(),
        )
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["next"] = context["next"] or self._came_from()
        context["can_sign_up"] = settings.SIGN_UP == "OPEN"
        context["can_reset"] = settings.MAIL is not None
        context["sign_on"] = settings.OIDC.name if settings.OIDC else ""
        return context

    def _came_from(self) -> str:
        """The address of a page of this site that is not about accounts, as the browser says it: the page's
        script may have changed it since the page was made."""
        page = urlsplit(self.request.headers.get("Referer", ""))
        address = urlunsplit(("", "", page.path, page.query, ""))
        ours = page.netloc == self.request.get_host() and url_has_allowed_host_and_scheme(address, None)
        return "" if not ours or page.path.startswith(reverse("account")) else address


@for_everybody
def sign_in_to_admin(request: HttpRequest) -> HttpResponse:
    """The same page as everybody's, in the place of the admin's own: that one knows no second factor."""
    if request.user.is_authenticated:
        raise PermissionDenied  # they are no staff
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: object) -> HttpResponse:
    """The answer to somebody who has guessed too often. (AXES_LOCKOUT_CALLABLE)"""
    wait = settings.AXES_COOLOFF_TIME.total_seconds()
    message = _(
        "{number:,} wrong passwords came for that name from your address. Try again in {time}."
    ).format(number=settings.AXES_FAILURE_LIMIT, time=limits.duration(int(wait)))
    return limited(request, message, retry_after=int(wait))


class SignUp(allauth.SignupView):  # type: ignore[misc] # it has no types
    """Of a site that is open for it, or for those who have an invitation."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["next"] = self.get_next_url() or ""
        context["invitation"] = key_of(self.request)
        context["sign_on"] = settings.OIDC.name if settings.OIDC else ""
        return context

    def closed(self) -> HttpResponse:
        return render(self.request, "account/signup_closed.html", status=403)


class Confirm(allauth.ConfirmEmailView):  # type: ignore[misc]
    """Asks whether the address is to be confirmed: programs that look at mails follow links."""

    def logout_other_user(self, confirmation: Any) -> None:
        """A link signs nobody out."""


class Email(allauth.EmailView):  # type: ignore[misc]
    """One's own address: where a link to set a new password is sent."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Change it, or have the mail sent again. allauth's view also removes it, without a password."""
        if not request.POST.keys() & {"action_add", "action_send"}:
            return SeeOther(self.success_url)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


@for_members
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What there is to look after."""
    context = {
        "has_mail": settings.MAIL is not None,
        "sign_on": settings.OIDC.name if settings.OIDC else "",
        "is_connected": settings.OIDC is not None
        and SocialAccount.objects.filter(user=request.user).exists(),
        "has_second_factor": Authenticator.objects.filter(user=request.user).exists(),
    }
    return render(request, "account/account.html", context)


@for_members
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End all sessions of the account but this one. Each knows the password's hash, and here the same
    password gets another one."""
    if not cast("User", request.user).has_usable_password():
        return _sign_out_elsewhere_without_password(request)
    form = PasswordForm(request.user, request.POST or None)
    if not form.is_valid():
        context = {"form": form, "devices": devices.devices_of(request, form.user)}
        return render(request, "account/sign_out_elsewhere.html", context)
    user = form.user
    user.set_password(form.cleaned_data["password"])
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)
    messages.success(request, _("You are signed out everywhere else."))
    return SeeOther(reverse("account"))


def _sign_out_elsewhere_without_password(request: HttpRequest) -> HttpResponse:
    """The same for whoever is signed in by somebody else's word."""
    user = cast("User", request.user)
    if request.method != "POST":
        context = {"devices": devices.devices_of(request, user)}
        return render(request, "account/sign_out_elsewhere.html", context)
    devices.end_others(request, user)
    messages.success(request, _("You are signed out everywhere else."))
    return SeeOther(reverse("account"))


@for_members
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one session of one's own, on whatever machine it is served."""
    if not devices.end(cast("User", request.user), pk):
        raise Http404
    messages.success(request, _("That browser is signed out."))
    return SeeOther(reverse("sign_out_elsewhere"))


def _with_mail(view: Any) -> Any:
    """Only where mail can be sent there are addresses."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.MAIL is None:
            raise Http404
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    return answer


def _with_password(view: Any) -> Any:
    """Only whoever has a password changes it, or proves by it who they are."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not request.user.has_usable_password():
            raise Http404
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    return answer


sign_in = for_everybody(SignIn.as_view())
sign_out = for_everybody(LogoutView.as_view())
sign_up = for_everybody(SignUp.as_view())
confirmation_sent = for_everybody(_with_mail(allauth.email_verification_sent))
confirm = for_everybody(_with_mail(Confirm.as_view()))
reset_password = for_everybody(_with_mail(allauth.password_reset))
reset_sent = for_everybody(_with_mail(allauth.password_reset_done))
new_password = for_everybody(_with_mail(allauth.password_reset_from_key))
new_password_set = for_everybody(_with_mail(allauth.password_reset_from_key_done))
inactive = for_everybody(allauth.account_inactive)
email = for_members(_with_mail(_with_password(Email.as_view())))
change_password = for_members(_with_password(allauth.password_change))
