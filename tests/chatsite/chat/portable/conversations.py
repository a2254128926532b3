"""Conversations of every kind, to be written into files."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User

from chatsite.chat.models import Conversation, Message

BEGUN = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)
DETAILS = {
    "reasoning": "It is a question.",
    "steps": [
        {"id": "1", "name": "add", "input": {"a": [1, 2.5]}, "output": None, "text": "Sum."},
        {"id": "2", "name": "add", "input": "x", "error": "It did not work."},
    ],
    "documents": [{"id": "7", "title": "Notes", "source": "/documents/passages/7/", "text": "Tea."}],
    "asked": [{"id": "q", "value": "Really?"}],
    "output": {"title": "Pancakes", "steps": ["Mix."]},
}


def rich(owner: User, *, title: str = "Tea & “cake”") -> Conversation:
    """Two branches, a reply of each way to end, details, and what no keyboard has."""
    talk = Conversation.objects.create(
        user=owner, title=title, assistant="agent", is_pinned=True, is_archived=True
    )
    Conversation.objects.filter(pk=talk.pk).update(created=BEGUN, updated=BEGUN + timedelta(days=1))
    question = add(talk, None, "user", "What is ☕?\n\n```\n</script>\n```", option="brief")
    cut = add(talk, question, "assistant", "A dr", status="stopped", finish_reason="")
    whole = add(
        talk,
        question,
        "assistant",
        "A drink \u2028 of leaves.",
        continued=cut,
        model="gpt-x",
        finish_reason="stop",
        input_tokens=12,
        output_tokens=0,
        usage_source="reported",
        first_token_ms=250,
        took_ms=1250,
        details=DETAILS | {"sent_back": {"signature": "canary-signature"}},
    )
    again = add(talk, whole, "user", "And cake?")
    add(talk, again, "assistant", "", status="failed", error_code="timeout", error_message="Too slow.")
    return talk


def add(talk: Conversation, parent: Message | None, role: str, content: str, **fields: object) -> Message:
    created = BEGUN + timedelta(seconds=talk.messages.count())
    message = Message(conversation=talk, parent=parent, role=role, content=content, created=created)
    for name, value in fields.items():
        setattr(message, name, value)
    message.save(force_insert=True)
    return message
