"""Reads the text of an HTML file, in a child process."""

import re
from html.parser import HTMLParser

from chatsite.documents.passages import Section

UNSEEN = frozenset({"script", "style", "template", "title", "svg"})
LINES = frozenset(
    """
    address article aside blockquote br dd div dl dt fieldset figcaption figure footer form header hr li
    main nav ol p pre section table tr ul
    """.split()  # noqa: SIM905 - a column of 30 strings would be no better to read
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLANKS = re.compile(r"[ \t\n\r\f]+")


def sections(text: str) -> list[Section]:
    """What a person sees, cut before each heading."""
    page = _Page()
    page.feed(text)
    page.close()
    page.end()
    return page.found


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Section] = []
        self._text: list[str] = []
        self._heading: list[str] | None = None
        self._place = ""
        self._unseen = ""
        self._depth = 0
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if self._unseen:
            self._depth += tag == self._unseen
        elif tag in UNSEEN:
            self._unseen, self._depth = tag, 1
        elif tag in HEADINGS:
            self.end()
            self._heading = []
        elif tag in ("td", "th"):
            self._text.append(" | ")
        elif tag in LINES:
            self._pre += tag == "pre"
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._depth -= tag == self._unseen
            if not self._depth:
                self._unseen = ""
        elif tag in HEADINGS and self._heading is not None:
            self._place = _BLANKS.sub(" ", "".join(self._heading)).strip()
            self._heading = None
            self._text.append("\n\n")
        elif tag in LINES:
            self._pre -= tag == "pre" and self._pre > 0
            self._text.append("\n\n" if tag == "p" else "\n")

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        self._text.append(data if self._pre else _BLANKS.sub(" ", data))
        if self._heading is not None:
            self._heading.append(data)

    def end(self) -> None:
        """The section that is being read is whole."""
        lines = (line.strip(" ").removeprefix("| ") for line in "".join(self._text).split("\n"))
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        if text:
            self.found.append(Section(self._place, f"{text}\n"))
        self._text = []
