"""Makes a model's text safe to store and to send."""


class TextCleaner:
    """Cleans one model's text, piece by piece.

    PostgreSQL refuses NUL and no encoder accepts a lone surrogate, so both become U+FFFD. A surrogate
    pair that a provider split over two pieces is joined: its first half waits for the next piece.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the clean text that `text` completes; empty when all of it has to wait."""
        if not self._held and text.isascii() and "\0" not in text:
            return text
        text = self._held + text
        self._held = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        # UTF-16 joins the halves of a pair, and replaces those that have no other half.
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return joined.replace("\0", "\ufffd")

    def flush(self) -> str:
        """Return what was still waiting when the text ended."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""


def clean(text: str) -> str:
    """Return a whole text, cleaned."""
    cleaner = TextCleaner()
    return cleaner.feed(text) + cleaner.flush()
