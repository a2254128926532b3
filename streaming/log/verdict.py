"""What becomes of events whose commit has failed."""

from enum import Enum, IntEnum

from streaming.outages import is_full, is_outage

REFUSALS = 20
"""Tries, about as many seconds, after which a log that is refused alone is given up."""


class Fenced(Exception):
    """This process was taken for dead: its runs are not its own any more."""


class NotOwned(Exception):
    """This run has gone, has ended, or is another process's."""


class Ending(IntEnum):
    """How a run ends. Where that cannot be stored, the next is tried."""

    ITS_OWN = 0
    FAILED = 1
    UNANNOUNCED = 2
    """As failed, and `run_ended` is not sent: it may be a receiver that fails."""


class Verdict(Enum):
    """What to do with logs that could not be committed."""

    KEEP = "try again later"
    SPLIT = "commit one by one, so that the one at fault holds up no other"
    FAIL = "end the run with the next `Ending`"
    DROP = "write no more of them"


def judge(exc: Exception, *, alone: bool, refusals: int, ending: Ending) -> Verdict:
    """Judge a commit that has failed although the database answers.

    `alone`: it was of one log, which was refused alone so many times before and is to have that ending.
    """
    if isinstance(exc, Fenced):
        return Verdict.DROP
    if not alone:
        return Verdict.SPLIT
    if isinstance(exc, NotOwned):
        return Verdict.DROP
    if is_full(exc):  # something smaller may still have room
        return Verdict.KEEP
    if is_outage(exc) and refusals < REFUSALS:
        return Verdict.KEEP
    return Verdict.DROP if ending is Ending.UNANNOUNCED else Verdict.FAIL
