"""How much the site keeps of a person, in words. As many queries, however much it is."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from chatsite.accounts.ownership import Owned, owned_by, owned_models
from chatsite.accounts.visitor import Visitor
from chatsite.chat.models import Message
from chatsite.feedback.models import Opinion
from chatsite.sharing.models import Link

COUNTED = (
    gettext_noop("{count} conversation"),
    gettext_noop("{count} conversations"),
    gettext_noop("{count} document"),
    gettext_noop("{count} documents"),
)
"""What somebody may own."""


def summary_of(visitor: Visitor) -> list[str]:
    """What there is, and how many of each; without what there is none of."""
    owned = [_owned(model, visitor) for model in owned_models()]
    said = Message.objects.for_visitor(visitor).count()
    links = Link.objects.for_visitor(visitor).count()
    opinions = _opinions(visitor)
    below = [
        said and ngettext("{count} message", "{count} messages", said).format(count=said),
        links and ngettext("{count} link to a chat", "{count} links to chats", links).format(count=links),
        opinions
        and ngettext("{count} opinion of a reply", "{count} opinions of replies", opinions).format(
            count=opinions
        ),
    ]
    return [line for line in (*owned, *below) if line]


def _owned(model: type[Owned], visitor: Visitor) -> str:
    """Without those that are deleted, and that can only still be had back. Settings are one thing."""
    if not model.LAST_USED:
        return ""
    there = {model.DELETED: None} if model.DELETED else {}
    count = model._default_manager.filter(owned_by(visitor), **there).count()
    names = model._meta
    form = f"{{count}} {names.verbose_name if count == 1 else names.verbose_name_plural}"
    return _(form).format(count=count) if count else ""


def _opinions(visitor: Visitor) -> int:
    own = owned_by(visitor, through="message__conversation")
    return Opinion.objects.filter(own, message__conversation__deleted=None).count()
