"""Tells text that a step only passes on from text of its own.

A chain that ends in a model gives out what the model writes. The reader has that already, token by token, and
is not to be sent it again as output.
"""

from collections import deque


class Echo:
    """Compares what a run's models have written with what the step gives out.

    The step may cut the text into other pieces than the models did. A call whose text went another way,
    into a prompt say, is passed over.
    """

    def __init__(self) -> None:
        self._written: deque[tuple[str, str]] = deque()
        """What the step has not given out: by which call of a model, and the text."""
        self._given: list[str] = []
        self._last_call = ""
        """Which call wrote the end of what was given out."""

    @property
    def given(self) -> str:
        """The text that the step has passed on."""
        return "".join(self._given)

    def wrote(self, text: str, *, call: str) -> None:
        """Note that a call of a model wrote the text."""
        self._written.append((call, text))

    def passes_on(self, text: str) -> bool:
        """Whether all that the step has given, the text included, is what one call or several wrote.

        Once False, the step has given text of its own, and is not to be asked about again.
        """
        goes_on = True
        while not (goes_on and self._takes(text)) and not self._takes(self.given + text):
            if not self._written:
                return False
            call, _ = self._written[0]
            # Of a call that was passed on in part, that part may have been another one's, which begins alike.
            goes_on = goes_on and call != self._last_call
            while self._written and self._written[0][0] == call:
                self._written.popleft()
        self._given.append(text)
        return True

    def _takes(self, text: str) -> bool:
        """Whether what was written begins with the text, which is taken from it then."""
        written, pieces = "", 0
        while len(written) < len(text) and pieces < len(self._written):  # parallel branches may go on writing
            written += self._written[pieces][1]
            pieces += 1
        if not written.startswith(text):
            return False
        for _ in range(pieces):
            self._last_call, _ = self._written.popleft()
        if rest := written[len(text) :]:
            self._written.appendleft((self._last_call, rest))
        return True
