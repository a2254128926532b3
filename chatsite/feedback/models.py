"""What people think of replies: one opinion of each, since a conversation is one person's."""

from django.db import models

from chatsite.chat.models import Message

COMMENT_LENGTH = 2_000


class Opinion(models.Model):
    """What the owner of a conversation thinks of a reply in it. It goes with the reply."""

    message = models.OneToOneField(
        Message, primary_key=True, related_name="opinion", on_delete=models.CASCADE
    )
    is_good = models.BooleanField()
    comment = models.CharField(max_length=COMMENT_LENGTH, blank=True)
    changed = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{'good' if self.is_good else 'bad'}: {self.message_id}"
