"""The pages on which a person says what they want: always, and in one conversation."""

from dataclasses import asdict
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chatsite.accounts.decorators import for_visitors
from chatsite.accounts.guests import known_visitor_of
from chatsite.accounts.visitor import VisitorRequest
from chatsite.answers import SeeOther
from chatsite.assistants.offered import model_label
from chatsite.assistants.preferences import NAMES, Preferences
from chatsite.assistants.registry import assistants, default_assistant, get_assistant
from chatsite.chat.models import Conversation
from chatsite.preferences.forms import OwnForm, PreferencesForm
from chatsite.preferences.in_force import in_force
from chatsite.preferences.models import OfConversation, Own

THEME_COOKIE = "theme"
A_YEAR = 31_536_000


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def own(request: VisitorRequest) -> HttpResponse:
    """Show what a person has set for all their conversations, or store it: all of it, or nothing."""
    wanted = in_force(request.visitor)
    taken = {name for assistant in assistants().values() for name in assistant.takes}
    names = [name for name in NAMES if name in taken and (name != "model" or _has_choice())]
    usual = _("The site's own: %(model)s") % {"model": model_label()}
    theme = request.COOKIES.get(THEME_COOKIE, "")
    form = OwnForm(
        request.POST or None, initial=_shown(wanted.own) | {"theme": theme}, names=names, inherited=usual
    )
    if not form.is_valid():
        context = {"form": form, "withdrawn": wanted.withdrawn, "model_label": model_label()}
        return render(request, "preferences/own.html", context, status=400 if form.is_bound else 200)
    Own.keep(known_visitor_of(request), form.preferences())
    messages.success(request, _("Your settings are kept. They hold from the next reply on."))
    response = SeeOther(reverse("preferences:own"))
    _keep_theme(response, form.cleaned_data["theme"])
    return response


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def of_conversation(request: VisitorRequest, conversation_id: UUID) -> HttpResponse:
    """Show what holds in one conversation, or store what is to be different there."""
    conversation = Conversation.objects.for_visitor(request.visitor).filter(pk=conversation_id).first()
    if conversation is None:
        raise Http404
    assistant = get_assistant(conversation.assistant) or default_assistant()
    wanted = in_force(request.visitor, conversation.pk)
    inherited = wanted.inherited
    names = [name for name in assistant.takes if name != "model" or assistant.models]
    as_own = _("As in your settings: %(model)s") % {"model": model_label(inherited.model_name)}
    form = PreferencesForm(request.POST or None, initial=_shown(wanted.there), names=names, inherited=as_own)
    if not names or not form.is_valid():
        context = {
            "form": form,
            "conversation": conversation,
            "assistant": assistant,
            "inherited": inherited,
            "withdrawn": wanted.withdrawn if "model" in names else "",
            "model_label": model_label(assistant.model_for(wanted.all)),
        }
        bad = bool(names) and form.is_bound
        return render(request, "preferences/conversation.html", context, status=400 if bad else 200)
    OfConversation.keep(conversation, form.preferences())
    messages.success(request, _("The settings of this chat are kept. They hold from the next reply on."))
    return SeeOther(conversation.get_absolute_url())


def _has_choice() -> bool:
    return any(assistant.models for assistant in assistants().values())


def _shown(preferences: Preferences) -> dict[str, object]:
    return asdict(preferences.available)


def _keep_theme(response: HttpResponse, theme: str) -> None:
    """In the browser, where the page's script keeps it, too (static/chat/page/theme.js)."""
    response.set_cookie(THEME_COOKIE, theme, max_age=A_YEAR, samesite="Lax")
