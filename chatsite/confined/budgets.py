"""The one rule for content from outside, and its figures.

What a stranger sends, or a model writes, is parsed, rendered and coloured in a child process, and nowhere
else. Each piece of work has

- a limit of length before it is begun,
- limits of processor time and memory while it goes on, which the system enforces: they hold inside a single
  call that never comes back to Python, too,
- a limit of what the child may answer; what it prints is thrown away,
- a plain form to fall back to: source text as it is, or a sentence that says why not.

In proportion: the time that a text may take grows with its length.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one piece of work may cost."""

    characters: int
    """That may be sent, or bytes. More is not begun."""
    seconds: float
    """Of processor time, whatever the length."""
    seconds_each: float = 0.0
    """Besides, for each character."""
    memory: int
    """Bytes of address space of the child, for Python and all that it has loaded as well."""
    answer: int
    """Bytes. A longer answer ends the child."""
    patience: float
    """Seconds that the site waits, for the child's turn on a processor too."""

    def seconds_for(self, length: int) -> float:
        return self.seconds + self.seconds_each * length


RENDERING = Budget(
    characters=200_000,
    seconds=0.2,
    seconds_each=10e-6,
    memory=512 << 20,
    answer=8 << 20,
    patience=10.0,
)
"""A piece of Markdown. A usual one takes about two microseconds a character."""

READING = Budget(
    characters=1 << 30,  # DOCUMENT_MAX_BYTES says it before
    seconds=15.0,
    memory=1 << 30,
    answer=1 << 30,  # told from DOCUMENT_MAX_CHARACTERS
    patience=20.0,
)
"""A file. A page of a PDF takes some ten milliseconds; what pypdf unpacks at once is 75 MB at most."""

IMPORTING = Budget(
    characters=1 << 30,  # DOCUMENT_MAX_BYTES says it before
    seconds=15.0,
    memory=1 << 30,
    answer=1 << 30,  # told from the file's length
    patience=20.0,
)
"""A file of conversations. A megabyte takes some fifty milliseconds."""

DRAWING = Budget(
    characters=1 << 30,  # DOCUMENT_MAX_BYTES says it before
    seconds=15.0,
    memory=1 << 30,
    answer=4 << 20,
    patience=20.0,
)
"""An image. A photo of a phone takes half a second; the most pixels that are taken are 256 MB."""
