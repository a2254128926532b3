"""Where a fence of code ends, seen line by line: by the parser, and by those who watch a growing text."""

import re
from dataclasses import dataclass, field

# Files in these languages have fences of their own, and models forget to make the outer one longer.
_NESTING = frozenset({"", "markdown", "md", "mdx", "mdc", "rmd", "qmd"})

_LINE = re.compile(r" {0,3}(?P<markup>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^\r\n]*+)")


@dataclass
class Fence:
    """A fence that is open. In a Markdown file, a fence with a language opens an inner one."""

    markup: str
    info: str
    _inner: list["Fence"] = field(default_factory=list, init=False)

    def ends_with(self, line: str) -> bool:
        """Take the next line; say whether it is the one that closes the fence."""
        found = _LINE.match(line)
        if not found:
            return False
        markup, info = found["markup"], found["info"].strip()
        innermost = self._inner[-1] if self._inner else self
        if not info and innermost._closes(markup):
            if not self._inner:
                return True
            self._inner.pop()
        elif info and "`" not in info and innermost._language in _NESTING:
            self._inner.append(Fence(markup, info))
        return False

    @property
    def _language(self) -> str:
        words = self.info.split()
        return words[0].lower() if words else ""

    def _closes(self, markup: str) -> bool:
        return markup[0] == self.markup[0] and len(markup) >= len(self.markup)
