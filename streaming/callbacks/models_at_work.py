"""Which of a run's models are at work, and how long they have been silent: what its deadlines ask."""

import threading
import time


class ModelsAtWork:
    """How long a run's models have been silent. The run's deadlines for the first token and between
    tokens hold while a model is at work: what tools, retrievers and functions take is their own affair.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._count = 0
        self.heard = False
        """Whether the model that was called last has sent anything yet."""
        self.since = time.monotonic()
        """When a model was last called, or last sent something."""
        self.characters = 0
        """Sent by the models, whether or not it was for showing: arguments of tools, for one."""

    @property
    def any(self) -> bool:
        """Whether a model is at work."""
        return self._count > 0

    @property
    def several(self) -> bool:
        """Whether more than one is."""
        return self._count > 1

    def begin(self) -> None:
        """A model is called."""
        with self._lock:
            self._count += 1
        self.heard = False
        self.since = time.monotonic()

    def hear(self, characters: int) -> None:
        """A model has sent something."""
        self.heard = True
        self.since = time.monotonic()
        self.characters += characters

    def end(self) -> None:
        """A model has ended."""
        with self._lock:
            self._count -= 1
