"""How static files are stored: without comments, under names with a hash of their content, which browsers may
keep for ever."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

_OURS = ("chat/", "css/", "streaming/")

_PIECES = re.compile(
    r"""
    (?P<blank> (?: \s | /\*.*?\*/ | //[^\n]* )+ )
    | "(?: [^"\\\n] | \\. )*" | '(?: [^'\\\n] | \\. )*' | `(?: [^`\\] | \\. )*`
    | (?: (?<=[(,=:\[!&|?{};>]) | (?<=[(,=:\[!&|?{};>]\s) )      # here a slash is no division
      / (?: [^/\\\[\n] | \\. | \[ (?: [^\]\\\n] | \\. )* \] )+ /
    | [^\s"'`/]+ | .
    """,
    re.VERBOSE | re.DOTALL,
)
_LAST_SEMICOLON = re.compile(r";(?=\})")
_QUOTES = "\"'`/"
_PRIVATE = re.compile(r"#[A-Za-z]\w*")
_PRIVATE_AFTER_A_DOT = re.compile(r"(?<=\.)#[A-Za-z]\w*")
# Blanks that separate nothing, with the characters beside them. (In JavaScript the end of a line may end a
# statement.)
_NEEDLESS = {
    ".js": re.compile(
        r"[{(\[,;]\s.?|.?\s[})\],;]|.\n\.|[])}:?=<>&|!*] .|. [{([:?=<>&|*!]|[^+] \+|\+ [^+]|[^-] -|- [^-]"
    ),
    ".css": re.compile(r"[{(},;:>]\s.?|.?\s[{)},;>]"),
}


class HashedModulesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also in what the page's modules import from one another.

    Otherwise a browser that has kept `./reply.js` mixes the old one with a new `chat.js` after a deploy.
    """

    support_js_module_import_aggregation = True

    def post_process(
        self, paths: dict[str, tuple[Any, str]], **options: Any
    ) -> Iterator[tuple[str, str, bool]]:
        """Name the files that `collectstatic` has copied; the page's own without what only readers need.

        `paths` has the storage that each file comes from, and its name there.
        """
        yield from super().post_process({name: self._short(name, *paths[name]) for name in paths}, **options)

    def _short(self, name: str, storage: Any, path: str) -> tuple[Any, str]:
        suffix = name[name.rfind(".") :]
        if not name.startswith(_OURS) or suffix not in _NEEDLESS:
            return storage, path
        with storage.open(path) as file:
            text = short(file.read().decode(), suffix)
        self.delete(name)
        self._save(name, ContentFile(text.encode()))
        return self, name


def short(source: str, suffix: str) -> str:
    """Drop what only readers need: comments, needless blanks, the semicolon before a closing brace (no script
    here has a loop without a body), and the length of a script's private names."""
    text = without_comments(source, suffix)
    if suffix == ".js":
        text = _with_short_names(text)
    pieces = (piece[0] for piece in _PIECES.finditer(text))
    return "".join(piece if piece[0] in _QUOTES else _LAST_SEMICOLON.sub("", piece) for piece in pieces)


def _with_short_names(script: str) -> str:
    """Nothing outside its class sees a private name: each may be any other in its script. One in a string is
    none, unless it is in an expression of a template literal, where it follows a dot."""
    pieces = [piece[0] for piece in _PIECES.finditer(script)]
    code = "".join(piece for piece in pieces if piece[0] not in _QUOTES)
    shorter = {name: f"#{_letters(at)}" for at, name in enumerate(dict.fromkeys(_PRIVATE.findall(code)))}
    return "".join(_renamed(piece, shorter) for piece in pieces)


def _renamed(piece: str, names: dict[str, str]) -> str:
    if piece[0] in _QUOTES and piece[0] != "`":
        return piece
    private = _PRIVATE_AFTER_A_DOT if piece[0] == "`" else _PRIVATE
    return private.sub(lambda name: names.get(name[0], name[0]), piece)


def _letters(number: int) -> str:
    more, last = divmod(number, 26)
    return (_letters(more - 1) if more else "") + chr(ord("a") + last)


def without_comments(source: str, suffix: str) -> str:
    """Drop comments, and blanks that separate nothing. What is in a string or a template literal stays."""
    pieces = ["", *map(_with_short_blanks, _PIECES.finditer(source)), ""]
    kept = [
        "" if piece.isspace() and _NEEDLESS[suffix].fullmatch(before[-1:] + piece + after[:1]) else piece
        for before, piece, after in zip(pieces, pieces[1:], pieces[2:], strict=False)
    ]
    return "".join(kept).lstrip()


def _with_short_blanks(piece: re.Match[str]) -> str:
    blank = piece["blank"]
    if not blank:
        return piece[0]
    return "\n" if "\n" in blank else " "
