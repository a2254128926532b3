"""Reads the text of a PDF, in a child process.

A PDF is a program's data: a few kilobytes can unpack into gigabytes, or keep a parser busy for ever.
"""

import io
from typing import TYPE_CHECKING

from chatsite.documents.refusals import Refused

if TYPE_CHECKING:
    from pypdf import PdfReader


def texts(content: bytes, *, max_pages: int, max_characters: int) -> list[str]:
    """The text of each page, "" for one without. Raises `Refused`."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    try:
        reader = PdfReader(io.BytesIO(content))
        _check(reader, max_pages)
        return _texts(reader, max_characters)
    except (Refused, MemoryError):
        raise
    except (DependencyError, FileNotDecryptedError):
        raise Refused("encrypted") from None
    except LimitReachedError:
        raise Refused("too_much_work") from None
    except Exception:  # noqa: BLE001 - a broken file makes the parser raise anything
        raise Refused("broken") from None


def _check(reader: "PdfReader", max_pages: int) -> None:
    # Many files are locked against changes only: an empty password opens them.
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("encrypted")
    if len(reader.pages) > max_pages:
        raise Refused("too_many_pages")


def _texts(reader: "PdfReader", max_characters: int) -> list[str]:
    found: list[str] = []
    left = max_characters
    for page in reader.pages:
        found.append(page.extract_text())
        left -= len(found[-1])
        if left < 0:
            raise Refused("too_long")
    return found
