"""Who there is: accounts, and guests."""

from typing import Any

from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chatsite.accounts import devices
from chatsite.accounts.models import Guest
from chatsite.accounts.ownership import owned_models
from chatsite.staff import use
from chatsite.staff.looking import LookOnly, WithFacts

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister((SocialApp, SocialToken))  # the settings have the one, and nobody keeps the other
admin.site.unregister(UserSession)  # to delete one would end no session

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")
"""Who could give these to themselves could do everything: superusers give them."""


class ShowsUse(WithFacts):
    """Columns of what somebody has used."""

    use_columns = ("last_use", "conversations", "replies", "tokens")

    @admin.display(description=gettext_lazy("last use"))
    def last_use(self, person: Any) -> Any:
        return person.use.last

    @admin.display(description=gettext_lazy("conversations"))
    def conversations(self, person: Any) -> int:
        found: int = person.use.conversations
        return found

    @admin.display(description=gettext_lazy("replies in 30 days"))
    def replies(self, person: Any) -> int:
        found: int = person.use.replies
        return found

    @admin.display(description=gettext_lazy("tokens in 30 days"))
    def tokens(self, person: Any) -> int:
        found: int = person.use.tokens
        return found


@admin.register(User)
class PersonAdmin(ShowsUse, UserAdmin):  # type: ignore[type-arg] # it is not generic at run time
    """Accounts."""

    list_display = (
        *("username", "email", "is_active", "is_staff", "date_joined", "last_login"),
        *ShowsUse.use_columns,
    )
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined", "last_login", "groups")
    ordering = ("-date_joined",)
    actions = ("sign_out", "deactivate", "activate")

    def add_facts(self, rows: list[Any]) -> None:
        found = use.of_accounts(person.pk for person in rows)
        for person in rows:
            person.use = found.get(person.pk) or use.Use()

    # Who may do what

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        powers = () if request.user.is_superuser else POWERS
        return (*super().get_readonly_fields(request, obj), *powers)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    # What is done to several at once

    @admin.action(description=gettext_lazy("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = list(self._others(request, queryset))
        for person in people:
            devices.end_all(person)
            self.log_change(request, person, "signed out everywhere")
        told = ngettext("%d account was signed out.", "%d accounts were signed out.", len(people))
        self.message_user(request, told % len(people))

    @admin.action(description=gettext_lazy("Deactivate: they are signed out, and cannot sign in"))
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_active(request, queryset, is_active=False)

    @admin.action(description=gettext_lazy("Activate: they can sign in again"))
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_active(request, queryset, is_active=True)

    deactivate.allowed_permissions = activate.allowed_permissions = ("change",)  # type: ignore[attr-defined]

    def _set_active(self, request: HttpRequest, people: QuerySet[User], *, is_active: bool) -> None:
        changed = 0
        for person in self._others(request, people).exclude(is_active=is_active):
            person.is_active = is_active
            person.save(update_fields=["is_active"])
            if not is_active:
                devices.end_all(person)  # or they would be signed in again once they are activated
            self.log_change(request, person, "activated" if is_active else "deactivated")
            changed += 1
        told = ngettext("%d account was changed.", "%d accounts were changed.", changed)
        self.message_user(request, told % changed)

    def _others(self, request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
        """Those that one may do something to: not oneself, and superusers only if one is one of them."""
        others = people.exclude(pk=request.user.pk or 0)
        if not request.user.is_superuser:
            others = others.exclude(is_superuser=True)
        if others.count() < people.count():
            self.message_user(request, _("You, and superusers, were left as they are."), messages.WARNING)
        return others

    # Deletion: the admin would list, one by one, all that goes with an account, by title

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        people = list(objs)
        counts = {str(self.opts.verbose_name_plural): len(people)}
        for model in owned_models():
            if count := model._default_manager.filter(user__in=people).count():
                counts[str(model._meta.verbose_name_plural)] = count
        forbidden = {str(person) for person in people if not self.has_delete_permission(request, person)}
        return [str(person) for person in people], counts, forbidden, []


def _may_touch(request: HttpRequest, person: User | None) -> bool:
    return request.user.is_superuser or person is None or not person.is_superuser


@admin.register(Group)
class TeamAdmin(GroupAdmin):
    """Groups. What they may do is for superusers to say."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        powers = () if request.user.is_superuser else ("permissions",)
        return (*super().get_readonly_fields(request, obj), *powers)


@admin.register(Guest)
class GuestAdmin(ShowsUse, LookOnly):
    """To see who there is, and to send somebody away."""

    list_display = ("__str__", "created", "seen", "ended", *ShowsUse.use_columns)
    list_filter = (("ended", admin.EmptyFieldListFilter), "created", "seen")
    search_fields = ("=id",)
    ordering = ("-seen",)
    actions = ("send_away",)

    def add_facts(self, rows: list[Any]) -> None:
        found = use.of_guests(person.pk for person in rows)
        for person in rows:
            person.use = found.get(person.pk) or use.Use()

    @admin.action(
        description=gettext_lazy("Send away: the key in their browser is good no more"),
        permissions=["send_away"],
    )
    def send_away(self, request: HttpRequest, queryset: QuerySet[Guest]) -> None:
        ended = queryset.filter(ended=None).update(ended=timezone.now())
        told = ngettext("%d guest was sent away.", "%d guests were sent away.", ended)
        self.message_user(request, told % ended)

    def has_send_away_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_guest"))
