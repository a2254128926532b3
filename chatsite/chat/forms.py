"""What a person may send, checked before anything is stored."""

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.offered import is_offered
from chatsite.assistants.registry import default_assistant, get_assistant
from chatsite.chat import titles
from chatsite.chat.models import TITLE_LENGTH, Conversation, Message
from chatsite.documents.upload_handler import FORM
from chatsite.images.forms import cannot_see, too_large, too_many
from chatsite.images.messages import MOST
from chatsite.images.models import Image

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

REPLACEMENT = "\ufffd"


class CodedForm(forms.Form):
    """A form whose errors have stable codes."""

    @property
    def first_error(self) -> tuple[str, str]:
        """Code and message of the error to show; what does not exist comes first."""
        errors = [error for found in self.errors.as_data().values() for error in found]
        worst = min(errors, key=lambda error: error.code != "not_found")
        return worst.code or "invalid", worst.messages[0]


class KeyForm(CodedForm):
    """A request's `key`: what was sent with the same key before is not done again. Without it each is new.

    And the `model` that answers, from now on. Without it, the one that did.
    """

    key = forms.UUIDField(required=False)
    model = forms.CharField(required=False, max_length=200)

    def clean_model(self) -> str:
        model: str = self.cleaned_data["model"]
        if model and not is_offered(model):
            message = _(
                "This site does not offer that model any more. Reload the page, and choose another one."
            )
            raise forms.ValidationError(message, code="model_not_offered")
        return model


class TitleForm(CodedForm):
    """A conversation's `title`: one line of which something can be seen."""

    title = forms.CharField(
        error_messages={
            "required": _("Write a title first."),
            "null_characters_not_allowed": _("The title contains a NUL character, which cannot be stored."),
        },
    )

    def clean_title(self) -> str:
        line = titles.as_line(self.cleaned_data["title"])
        if not line:
            raise forms.ValidationError(self.fields["title"].error_messages["required"], code="required")
        if len(line) > TITLE_LENGTH:
            told = _("The title has {length:,} characters. It can have {most} at most.")
            message = told.format(length=len(line), most=TITLE_LENGTH)
            raise forms.ValidationError(message, code="too_long")
        return line


class TextForm(KeyForm):
    """What a person writes: its `text`."""

    text = forms.CharField(
        strip=False,
        error_messages={
            "required": _("Write something first."),
            "null_characters_not_allowed": _("The text contains a NUL character, which cannot be sent."),
        },
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST)
        self._request = request

    @property
    def may_be_empty(self) -> bool:
        """Whether something else says enough."""
        return False

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if not text.strip() and not self.may_be_empty:
            raise forms.ValidationError(self.fields["text"].error_messages["required"], code="required")
        if len(text) > (most := settings.CHAT_MAX_LENGTH):
            told = _("The text has {length:,} characters. At most {most:,} can be sent at once.")
            message = told.format(length=len(text), most=most)
            raise forms.ValidationError(message, code="too_long")
        if not _is_utf_8(self._request, text):
            raise forms.ValidationError(_("The text is not valid UTF-8."), code="bad_encoding")
        return text


class MessageForm(TextForm):
    """A message: its `text`, `images` that were uploaded before (by their ids), or `pictures` (files).

    Optional are its `key`, the `conversation` and where in it: the message that it answers (`parent`), the
    one that it is another version of (`edited`), or one of the branch at whose end it is to be (`leaf`), and
    whether it may `wait` there for the end of a reply. For a new conversation the `assistant` and whether it
    is `temporary`, and one of that assistant's `option`s. Another person's conversations and messages count
    as missing.
    """

    images = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    pictures = forms.Field(required=False, widget=forms.HiddenInput)
    conversation = forms.UUIDField(required=False)
    parent = forms.UUIDField(required=False)
    edited = forms.UUIDField(required=False)
    leaf = forms.UUIDField(required=False)
    assistant = forms.SlugField(required=False)
    option = forms.SlugField(required=False)
    temporary = forms.BooleanField(required=False)
    wait = forms.BooleanField(required=False)

    field_order = ("images", "pictures")
    """Before the text, which may be missing where there are some."""

    def __init__(self, request: HttpRequest, visitor: Visitor) -> None:
        super().__init__(request)
        self._visitor = visitor
        self.fields["text"].required = False

    def clean_images(self) -> list[Image]:
        """Those that are the visitor's, in their order."""
        try:
            ids = list(dict.fromkeys(UUID(pk) for pk in self.cleaned_data["images"] or ()))[: MOST + 1]
        except ValueError:
            ids = [UUID(int=0)]
        found = Image.objects.for_visitor(self._visitor).in_bulk(ids)
        if len(found) < len(ids):
            raise forms.ValidationError(_("That image does not exist any more."), code="not_found")
        return [found[pk] for pk in ids]

    def clean_pictures(self) -> list["UploadedFile[Any]"]:
        """Those of a form that is sent without script. An empty field counts as none."""
        files = self._request.FILES.getlist("pictures")
        sent = int(self._request.META.get("CONTENT_LENGTH") or 0)
        # Files that are far too large were not kept (`upload_handler.py`), and look like none.
        if sent > settings.DOCUMENT_MAX_BYTES + FORM:
            raise forms.ValidationError(too_large(), code="too_large")
        return files

    @property
    def may_be_empty(self) -> bool:
        """Where there are images. Some that were refused count as well: nobody is told of the text beside."""
        return bool({"images", "pictures"} & self.errors.keys() or self._given)

    @property
    def _given(self) -> list[object]:
        return [*self.cleaned_data.get("images", ()), *self.cleaned_data.get("pictures", ())]

    def clean(self) -> None:
        if not (images := self._given) or self.errors:
            return
        assistant = get_assistant(self.cleaned_data["assistant"]) or default_assistant()
        if not assistant.sees_images:
            raise forms.ValidationError(cannot_see(assistant), code="cannot_see")
        if len(images) > MOST:
            raise forms.ValidationError(too_many(), code="too_many_images")
        place: Conversation | None = self.cleaned_data["conversation"]
        if self.cleaned_data["wait"] and place and place.messages.unfinished().exists():
            message = _("A message with images can be sent when the reply has ended.")
            raise forms.ValidationError(message, code="not_ended")

    def clean_conversation(self) -> Conversation | None:
        if (pk := self.cleaned_data["conversation"]) is None:
            return None
        found = Conversation.objects.for_visitor(self._visitor).filter(pk=pk).first()
        if found is None:
            raise forms.ValidationError(
                _(
                    "This conversation cannot be found. "
                    "Perhaps you are signed out: sign in or start a new one."
                ),
                code="not_found",
            )
        return found

    def clean_parent(self) -> Message | None:
        return self._message("parent")

    def clean_edited(self) -> Message | None:
        edited = self._message("edited")
        if edited is not None and edited.role != Message.Role.USER:
            raise forms.ValidationError(_("Only a message of your own can be edited."), code="not_a_message")
        return edited

    def clean_leaf(self) -> Message | None:
        return self._message("leaf")

    def _message(self, field: str) -> Message | None:
        """The message of the conversation that the field names."""
        if (pk := self.cleaned_data[field]) is None:
            return None
        found = Message.objects.for_visitor(self._visitor).filter(pk=pk).first()
        if found is None or found.conversation != self.cleaned_data.get("conversation"):
            raise forms.ValidationError(_("That message does not exist."), code="not_found")
        return found

    def clean_assistant(self) -> str:
        """Take the assistant of the conversation, if there is one."""
        conversation: Conversation | None = self.cleaned_data.get("conversation")
        slug: str = self.cleaned_data["assistant"] or default_assistant().slug
        if conversation is not None:
            return conversation.assistant
        if get_assistant(slug) is None:
            raise forms.ValidationError(_("There is no such assistant."), code="no_assistant")
        return slug

    def clean_option(self) -> str:
        assistant = get_assistant(self.cleaned_data.get("assistant", "")) or default_assistant()
        option: str = self.cleaned_data["option"] or next(iter(assistant.options), "")
        if option and option not in assistant.options:
            message = _("{assistant} has no such option.").format(assistant=gettext(assistant.name))
            raise forms.ValidationError(message, code="no_option")
        return option


def _is_utf_8(request: HttpRequest, text: str) -> bool:
    """Whether the form was sent in UTF-8. Django does not say: it takes raw bytes for Latin-1, and replaces
    others by U+FFFD. The bytes of a multipart form are gone by now: in it, that character is refused.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        return REPLACEMENT not in text
    try:
        unquote_to_bytes(request.body).decode()
    except UnicodeDecodeError:
        return False
    return True
