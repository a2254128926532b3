"""What a long run did and found, as a table."""

from collections import Counter
from collections.abc import Collection

from tests.faults.checker import PROMISES, Breach

BEYOND = 2
"""Promises that are checked once a round: `others`, and what is in the server's log."""


class Report:
    """Rounds are counted for each fault that was in them: which of them broke a promise is not known."""

    def __init__(self) -> None:
        self.rounds = 0
        self.prompts = 0
        self.checks = 0
        self.injected: Counter[str] = Counter()
        self.broken = 0
        self._checked: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()

    def add(self, happened: Collection[str], *, prompts: int, broken: Collection[Breach]) -> None:
        """A round is over."""
        checks = prompts * len(PROMISES) + BEYOND
        self.rounds += 1
        self.prompts += prompts
        self.checks += checks
        self.broken += len(broken)
        self.injected.update(happened)
        for fault in set(happened):
            self._checked[fault] += checks
            self._broken[fault] += len(broken)

    def table(self) -> str:
        """In Markdown, as docs/reliability.md has it."""
        lines = ["| fault | times | promises checked after it | broken |", "| --- | ---: | ---: | ---: |"]
        lines += [
            f"| {fault} | {times} | {self._checked[fault]:,} | {self._broken[fault]} |"
            for fault, times in sorted(self.injected.items())
        ]
        return "\n".join(lines)

    def summary(self) -> str:
        return (
            f"{self.injected.total()} faults in {self.rounds} rounds, {self.prompts} prompts, "
            f"{self.checks:,} promises checked, {self.broken} broken"
        )
