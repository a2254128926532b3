"""Talks about anything: the chat model itself."""

from chatsite.assistants.base import Assistant
from chatsite.assistants.chat_model import chat_model

assistant = Assistant(
    slug="chat",
    name="Chat",
    description="Talks about anything.",
    build=chat_model,
    continues=True,
)
