"""Talks about anything: the chat model itself."""

from django.utils.translation import gettext_noop as _

from chatsite.assistants.base import Assistant
from chatsite.assistants.chat_model import chat_model
from chatsite.assistants.preferences import NAMES

assistant = Assistant(
    slug="chat",
    name=_("Chat"),
    description=_("Talks about anything."),
    build=chat_model,
    continues=True,
    takes=NAMES,
    sees_images=True,
)
