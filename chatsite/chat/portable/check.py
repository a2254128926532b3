"""Runs in a child process: whether a file is one of ours, and whether all that is in it can be stored.

Nothing of Django is loaded here. A refusal is a sentence that says which item it is about: of what stands in
the file it quotes nothing. It is handed over in parts (`Refused.told`), for `imports.py` to say it in the
person's language.
"""

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from chatsite.chat.portable import format as file_format
from chatsite.images import reading
from chatsite.images.refusals import Refused as ImageRefused


def _(sentence: str) -> str:
    """Mark what is translated where it is shown."""
    return sentence


Where = tuple[tuple[str, int], ...]
"""The way to an item of the file: each time what it is called, and its number."""

_OTHER_FILE = _("This is not a file that this site has exported. Choose one whose name ends in .json.")
_SLUG = re.compile(r"[\w-]{0,50}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_IMAGES = 4
_DEEPEST = 40
"""Lists in lists, in what a tool or a form gave."""
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER_BY = timedelta(days=1)
_MOST_TOKENS = 2**31 - 1
_HOTTEST = 2.0


class Refused(Exception):
    """The file cannot be imported. The text is for people, in English; its parts are in `told`."""

    def __init__(self, sentence: str, *, where: Where = (), **values: object) -> None:
        place = ", ".join(name.format(number=number) for name, number in where)
        why = sentence.format(**values)
        super().__init__(f"{place}: {why}" if place else why)
        self.told = {"sentence": sentence, "values": values, "where": where}


@dataclass(frozen=True, slots=True)
class Most:
    """What a file may have."""

    conversations: int
    messages: int
    characters: int
    """In one message, and in a text of its details."""
    title: int
    instructions: int


def work(job: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Each conversation as JSON by itself, so that nobody has to hold all of them as objects."""
    try:
        conversations = checked(content, Most(**job["most"]), now=datetime.fromisoformat(job["now"]))
        return {"conversations": [json.dumps(each, ensure_ascii=False) for each in conversations]}
    except Refused as exc:
        return {"refused": exc.told}
    except RecursionError:
        return {"refused": Refused(_("The file has lists within lists, too many to be read.")).told}
    except MemoryError:
        sentence = _("The file takes more memory than this site allows. Import its chats one by one.")
        return {"refused": Refused(sentence).told}


def checked(content: bytes, most: Most, *, now: datetime) -> list[dict[str, Any]]:
    """The conversations of a file, with what is known of them and nothing else. Raises `Refused`."""
    whole = _Item(((_("The file"), 0),), _parsed(content))
    if whole.given.get("format") != file_format.NAME:
        raise Refused(_OTHER_FILE)
    if whole.given.get("version") != file_format.VERSION:
        sentence = _(
            "The file has another version of the format than the one that this site reads, {version}. "
            "It was exported by a newer site."
        )
        raise Refused(sentence, version=file_format.VERSION)
    conversations = whole.objects("conversations")
    if not conversations:
        raise Refused(_("There is no chat in the file."))
    if len(conversations) > most.conversations:
        whole.refuse(
            _("it has {number:,} chats. At most {most:,} can be imported."),
            number=len(conversations),
            most=most.conversations,
        )
    read, messages = [], 0
    for number, given in enumerate(conversations, 1):
        read.append(_conversation(_Item(((_("Chat {number:,}"), number),), given), most, now))
        messages += len(read[-1]["messages"])
        if messages > most.messages:
            whole.refuse(
                _("it has more messages than can be imported at once, which is {most:,}."), most=most.messages
            )
    return read


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except ValueError:  # no UTF-8, no JSON, or a number of thousands of digits
        raise Refused(_OTHER_FILE) from None
    if not isinstance(found, dict):
        raise Refused(_OTHER_FILE)
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _conversation(item: "_Item", most: Most, now: datetime) -> dict[str, Any]:
    return {
        "title": item.text("title", most=most.title, least=1),
        "assistant": item.slug("assistant"),
        "created": item.moment("created", now),
        "updated": item.moment("updated", now),
        "pinned": item.flag("pinned"),
        "archived": item.flag("archived"),
        "settings": _settings(item.part("settings"), most),
        "messages": _messages(item, most, now),
    }


def _settings(item: "_Item", most: Most) -> dict[str, Any]:
    return {
        "instructions": item.text("instructions", most=most.instructions),
        "model": item.text("model", most=200),
        "temperature": item.fraction("temperature", most=_HOTTEST),
        "max_tokens": item.number("max_tokens") or None,
    }


def _messages(conversation: "_Item", most: Most, now: datetime) -> list[dict[str, Any]]:
    """In the file's order, in which each message comes after the one that it answers."""
    read: dict[int, dict[str, Any]] = {}
    for number, given in enumerate(conversation.objects("messages"), 1):
        item = _Item((*conversation.where, (_("message {number:,}"), number)), given)
        message = _message(item, most, now)
        if message["id"] in read:
            item.refuse(_("another message of the chat has the same id."))
        _check_place(item, message, read)
        read[message["id"]] = message
    return list(read.values())


def _check_place(item: "_Item", message: Mapping[str, Any], earlier: Mapping[int, Mapping[str, Any]]) -> None:
    """Where it is in the tree."""
    parent, continued = message["parent"], message["continued"]
    if parent is not None and parent not in earlier:
        item.refuse(_("“parent” is not the id of an earlier message of the chat."))
    if message["role"] == "assistant" and (parent is None or earlier[parent]["role"] != "user"):
        item.refuse(_("a reply has to answer a message of yours."))
    if continued is not None and (continued not in earlier or earlier[continued]["role"] != "assistant"):
        item.refuse(_("“continued” is not the id of an earlier reply of the chat."))


def _message(item: "_Item", most: Most, now: datetime) -> dict[str, Any]:
    error = item.part("error")
    usage = item.part("usage")
    times = item.part("times")
    return {
        "id": item.required_number("id"),
        "parent": item.number("parent"),
        "role": item.one_of("role", ("user", "assistant")),
        "content": item.text("content", most=most.characters, required=True),
        "status": item.one_of("status", file_format.STATUSES),
        "created": item.moment("created", now),
        "images": _images(item),
        "option": item.slug("option"),
        "continued": item.number("continued"),
        "model": item.text("model", most=200),
        "finish_reason": item.text("finish_reason", most=40),
        "error_code": error.text("code", most=40),
        "error_message": error.text("message", most=300),
        "input_tokens": usage.number("input_tokens"),
        "output_tokens": usage.number("output_tokens"),
        "usage_source": usage.one_of("source", ("", "reported", "estimated"), usual=""),
        "first_token_ms": times.number("first_token_ms"),
        "took_ms": times.number("took_ms"),
        "details": _details(item.part("details"), most),
    }


def _images(message: "_Item") -> list[dict[str, Any]]:
    """Drawn anew, whatever the file says of them. One that was left out of the file stays out."""
    given = [message.inner("images", *each) for each in message.numbered("images")]
    if given and message.given.get("role") != "user":
        message.refuse(_("a reply has no images."))
    if len(given) > _MOST_IMAGES:
        told = _("it has {number} images. At most {most} can be imported.")
        message.refuse(told, number=len(given), most=_MOST_IMAGES)
    return [_image(each) for each in given if not each.flag("left_out")]


def _image(item: "_Item") -> dict[str, Any]:
    content = item.given.get("content")
    try:
        drawn = reading.read(base64.b64decode(content if isinstance(content, str) else "", validate=True))
    except (ValueError, ImageRefused):
        item.refuse(_("“content” is not a PNG, JPEG, WebP or GIF image in base64, or too large a one."))
    return {"name": item.text("name", most=200, least=1)} | reading.as_json(drawn)


def _details(item: "_Item", most: Most) -> dict[str, Any]:
    """The parts of a reply (`Transcript.details`). What is not one of them is left out."""
    for name in item.given:
        item.check_value(item.given[name], most.characters)
    found: dict[str, Any] = {
        "reasoning": item.text("reasoning", most=most.characters),
        "steps": [_step(item.inner("steps", *each), most) for each in item.numbered("steps")],
        "documents": [_document(item.inner("documents", *each), most) for each in item.numbered("documents")],
        "asked": [each for _number, each in item.numbered("asked")],
    }
    given = {name: part for name, part in found.items() if part}
    return given | ({"output": item.given["output"]} if "output" in item.given else {})


def _step(item: "_Item", most: Most) -> dict[str, Any]:
    named = {"id": item.text("id", most=200), "name": item.text("name", most=200)}
    values = {name: item.given[name] for name in ("input", "output") if name in item.given}
    return named | values | item.texts("error", "text", most=most.characters)


def _document(item: "_Item", most: Most) -> dict[str, Any]:
    return item.texts("id", "title", "source", "text", most=most.characters)


@dataclass(frozen=True, slots=True)
class _Item:
    """An object of the file, and what it is called where something is wrong with it."""

    where: Where
    given: Mapping[str, Any]

    def refuse(self, why: str, **values: object) -> NoReturn:
        raise Refused(why, where=self.where, **values)

    def text(self, name: str, *, most: int, least: int = 0, required: bool = False) -> str:
        value = self.given.get(name, None if required or least else "")
        if not isinstance(value, str):
            self.refuse(_("“{name}” is not a text."), name=name)
        if len(value) < least:
            self.refuse(_("“{name}” is empty."), name=name)
        self.check_value(value, most, name)
        return value

    def texts(self, *names: str, most: int) -> dict[str, str | None]:
        """Those that are there. They may be null."""
        there = {name: self.given[name] for name in names if name in self.given}
        return {name: None if text is None else self.text(name, most=most) for name, text in there.items()}

    def slug(self, name: str) -> str:
        value = self.given.get(name, "")
        if not isinstance(value, str) or not _SLUG.fullmatch(value):
            self.refuse(_("“{name}” is not a name of letters, digits, - and _, of 50 at most."), name=name)
        return value

    def one_of(self, name: str, values: Sequence[str], *, usual: str | None = None) -> str:
        value = self.given.get(name, usual)
        if value not in values:
            allowed = ", ".join(filter(None, values))
            self.refuse(_("“{name}” is none of {allowed}."), name=name, allowed=allowed)
        return str(value)

    def flag(self, name: str) -> bool:
        value = self.given.get(name, False)
        if not isinstance(value, bool):
            self.refuse(_("“{name}” is neither true nor false."), name=name)
        return value

    def number(self, name: str) -> int | None:
        value = self.given.get(name)
        if value is not None and (type(value) is not int or not 0 <= value <= _MOST_TOKENS):
            self.refuse(_("“{name}” is not a whole number from 0 to {most:,}."), name=name, most=_MOST_TOKENS)
        return value

    def fraction(self, name: str, *, most: float) -> float | None:
        value = self.given.get(name)
        if value is not None and (type(value) not in (int, float) or not 0 <= value <= most):
            self.refuse(_("“{name}” is not a number from 0 to {most:g}."), name=name, most=most)
        return value

    def required_number(self, name: str) -> int:
        if (value := self.number(name)) is None:
            self.refuse(_("“{name}” is missing."), name=name)
        return value

    def moment(self, name: str, now: datetime) -> str:
        try:
            moment = datetime.fromisoformat(self.given.get(name, ""))
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (TypeError, ValueError, OverflowError):
            self.refuse(_("“{name}” is not a time such as 2026-01-31T12:00:00Z."), name=name)
        if not _EARLIEST <= moment <= now + _CLOCKS_DIFFER_BY:
            self.refuse(_("“{name}” is in the future, or before 1970."), name=name)
        return moment.isoformat()

    def objects(self, name: str) -> list[dict[str, Any]]:
        return [each for _number, each in self.numbered(name, required=True)]

    def numbered(self, name: str, *, required: bool = False) -> list[tuple[int, dict[str, Any]]]:
        value = self.given.get(name, None if required else [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.refuse(_("“{name}” is not a list of objects."), name=name)
        return list(enumerate(value, 1))

    def part(self, name: str) -> "_Item":
        value = self.given.get(name, {})
        if not isinstance(value, dict):
            self.refuse(_("“{name}” is not an object."), name=name)
        return _Item((*self.where, (name, 0)), value)

    def inner(self, name: str, number: int, given: dict[str, Any]) -> "_Item":
        return _Item((*self.where, (f"{name} {{number:,}}", number)), given)

    def check_value(self, value: object, most: int, name: str = "", depth: int = 0) -> None:
        """Whether the value can be stored, whatever it is."""
        if depth > _DEEPEST:
            self.refuse(_("it has lists within lists, more than {most} deep."), most=_DEEPEST)
        if isinstance(value, str):
            self._check_text(value, most, name)
        elif isinstance(value, float) and not math.isfinite(value):
            self.refuse(_("a number is too large."))
        elif isinstance(value, list):
            for each in value:
                self.check_value(each, most, name, depth + 1)
        elif isinstance(value, dict):
            for key, each in value.items():
                self._check_text(key, most, name)
                self.check_value(each, most, name, depth + 1)

    def _check_text(self, text: str, most: int, name: str) -> None:
        if len(text) > most:
            sentence = _("“{name}” has {length:,} characters. At most {most:,} can be imported.")
            nameless = _("a text has {length:,} characters. At most {most:,} can be imported.")
            self.refuse(sentence if name else nameless, name=name, length=len(text), most=most)
        if "\0" in text or _SURROGATE.search(text):
            nameless = _("a text has a character that cannot be stored.")
            self.refuse(_("“{name}” has a character that cannot be stored.") if name else nameless, name=name)
