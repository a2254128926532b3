"""Tells a run's deadlines whether its models are at work, and how long they have been silent."""

import threading
import time


class ModelsAtWork:
    """Counts a run's models at work, and measures their silence.

    The deadlines for the first token and between tokens hold while a model is at work. Tools, retrievers and
    functions may take longer.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._count = 0
        self.heard = False
        """Whether the model that was called last has sent anything yet."""
        self.since = time.monotonic()
        """When a model was last called, or last sent something."""
        self.characters = 0
        """How many the models have sent, shown or not: arguments of tools, for one."""

    @property
    def any(self) -> bool:
        """Whether a model is at work."""
        return self._count > 0

    @property
    def several(self) -> bool:
        """Whether more than one is."""
        return self._count > 1

    def begin(self) -> None:
        """Count a model that is called."""
        with self._lock:
            self._count += 1
        self.heard = False
        self.since = time.monotonic()

    def hear(self, characters: int) -> None:
        """Note that a model has sent something."""
        self.heard = True
        self.since = time.monotonic()
        self.characters += characters

    def end(self) -> None:
        """Count a model that has ended."""
        with self._lock:
            self._count -= 1
