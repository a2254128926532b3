"""What the page's script makes of tokens, blocks and open blocks, as a tree: see open_block.js."""

from html.parser import HTMLParser

from chatsite.chat.rendering.blocks import Block, Shown
from chatsite.chat.rendering.growing import NOT_PLAIN, NOT_PLAIN_IN_CODE, Open
from chatsite.chat.rendering.unfinished import GOES_ON, HELD
from streaming.events import Token

VOID = {"br", "hr", "input"}


class Element:
    def __init__(self, tag: str, parent: "Element | None" = None) -> None:
        self.tag, self.parent = tag, parent
        self.children: list[Element | str] = []

    @property
    def text(self) -> str:
        """All text in it, but for the sources of formulas, which nobody sees."""
        if self.tag == "annotation":
            return ""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @property
    def last(self) -> "Element":
        return [child for child in self.children if isinstance(child, Element)][-1]


class Tree(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.at = Element("body")
        self.end: Element | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        element = Element(tag, self.at)
        self.at.children.append(element)
        self.at = self.at if tag in VOID else element

    def handle_endtag(self, tag: str) -> None:
        assert self.at.parent, tag
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.end = self.at if GOES_ON in data else self.end
        self.at.children.append(data.replace(GOES_ON, "").replace(HELD, ""))


class ShownPage:
    """The finished blocks, and below them the open one; `text` is what a person reads."""

    def __init__(self) -> None:
        self.finished, self.open = "", Element("body")
        self._within: list[Element] = [self.open]
        self._kept = 0
        self._end: Element | None = None

    @property
    def text(self) -> str:
        return Tree(self.finished).root.text + self.open.text

    def take(self, event: Shown) -> None:
        if isinstance(event, Token) and self._end:
            in_code = self._is_code(self._end)
            if (NOT_PLAIN_IN_CODE if in_code else NOT_PLAIN).search(event.text):
                self._end = None
            else:
                self._end.children.append(event.text)
        elif isinstance(event, Block):
            self.finished = event.html if event.whole else self.finished + event.html
            self.open = Element("body")
            self._within, self._kept, self._end = [self.open], 0, None
        elif isinstance(event, Open):
            if event.done:
                self._show(event.done)
                while len(self._within) <= event.depth:
                    self._within.append(self._within[-1].last)
                self._kept = len(self._within[-1].children)
            self._show(event.html)

    def _show(self, html: str) -> None:
        tree = Tree(html)
        fresh = tree.root
        for element in self._within[1:]:
            same = [
                child for child in fresh.children if isinstance(child, Element) and child.tag == element.tag
            ]
            fresh = same[0] if same else Element("")
        innermost = self._within[-1]
        innermost.children = innermost.children[: self._kept] + fresh.children
        self._end = innermost if tree.end is fresh else tree.end

    def _is_code(self, element: Element | None) -> bool:
        return element is not None and (element.tag == "pre" or self._is_code(element.parent))
