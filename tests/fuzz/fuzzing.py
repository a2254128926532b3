"""Makes inputs by chance, and says what is wrong with what comes of them."""

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.fuzz.targets import Target

SHORT, LONG = 3_000, 12_000
"""Characters of an input, repeated, whose costs are compared."""
SECONDS = 5.0
"""Of processor time for one input: what takes more is given up."""


class TooSlow(Exception):
    """An input took more than `SECONDS`."""


def an_input(words: tuple[str, ...], chance: random.Random) -> str:
    """A few words, some of them many times."""
    return "".join(
        chance.choice(words) * (chance.choice((1, 1, 1, 1, 2, 5, 40))) for _ in range(chance.randint(1, 12))
    )


def what_is_wrong(target: Target, text: str) -> str | None:
    """What the target makes wrong of the input, or how long it takes over it."""
    try:
        with _limited():
            target.read(text)
            short = _cost(target, text, SHORT)
            if short > _cost(target, text, SHORT) * 2:  # the first of its kind: something was loaded
                short = 0.0
            long = _cost(target, text, LONG)
            again = _cost(target, text, LONG) if long > 8 * short + 0.25 else 0.0
    except TooSlow:
        return f"more than {SECONDS:.0f} s"
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is a find
        return f"{type(exc).__name__}: {exc}"
    longest = min(long, again)
    if longest > 8 * short + 0.25:
        return f"{longest:.2f} s for {LONG} characters, {short:.2f} s for {SHORT}"
    return None


def _cost(target: Target, text: str, length: int) -> float:
    repeated = (text * (length // len(text) + 1))[:length]
    began = time.process_time()
    target.read(repeated)
    return time.process_time() - began


@contextmanager
def _limited() -> Iterator[None]:
    """Give up after a time, by the processor's clock: a busy machine is no find."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
