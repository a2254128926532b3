"""What the page needs to show a message."""

from django import template
from django.utils.safestring import SafeString

from chatsite.chat.blocks import Reply
from chatsite.chat.markdown import render

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Return `text` as sanitised HTML."""
    return render(text)


@register.simple_tag
def reply_so_far(text: str) -> Reply:
    """Return a running reply as the page's script shows it: `html` that is final, and the `tail` as text."""
    return Reply(text)
