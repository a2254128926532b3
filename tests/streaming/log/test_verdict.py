"""What becomes of events whose commit has failed, case by case."""

import sqlite3

import pytest
from django.db import IntegrityError, OperationalError

from streaming.log.verdict import REFUSALS, Ending, Fenced, NotOwned, Verdict, judge


def full() -> OperationalError:
    error, cause = OperationalError(), sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.__cause__ = cause
    return error


ANY, OWN, FAILED, LAST = list(Ending), [Ending.ITS_OWN], [Ending.FAILED], [Ending.UNANNOUNCED]
FEW, ENOUGH = REFUSALS - 1, REFUSALS

TABLE = [
    # alone, error, refusals, endings, verdict
    (False, Fenced(), 0, ANY, Verdict.DROP),
    (False, NotOwned(), 0, ANY, Verdict.SPLIT),
    (False, full(), 0, ANY, Verdict.SPLIT),
    (False, OperationalError(), ENOUGH, ANY, Verdict.SPLIT),
    (False, IntegrityError(), 0, ANY, Verdict.SPLIT),
    (False, ValueError(), 0, ANY, Verdict.SPLIT),
    (True, Fenced(), 0, ANY, Verdict.DROP),
    (True, NotOwned(), 0, ANY, Verdict.DROP),
    (True, full(), ENOUGH, ANY, Verdict.KEEP),
    (True, OperationalError(), FEW, ANY, Verdict.KEEP),
    (True, OperationalError(), ENOUGH, [*OWN, *FAILED], Verdict.FAIL),
    (True, OperationalError(), ENOUGH, LAST, Verdict.DROP),
    (True, IntegrityError(), 0, [*OWN, *FAILED], Verdict.FAIL),
    (True, IntegrityError(), 0, LAST, Verdict.DROP),
    (True, ValueError(), 0, [*OWN, *FAILED], Verdict.FAIL),
    (True, ValueError(), 0, LAST, Verdict.DROP),
]
CASES = [
    pytest.param(
        alone, error, refusals, ending, verdict, id=f"{alone}-{type(error).__name__}-{refusals}-{ending.name}"
    )
    for alone, error, refusals, endings, verdict in TABLE
    for ending in endings
]


@pytest.mark.parametrize(("alone", "error", "refusals", "ending", "expected"), CASES)
def test_a_failed_commit_is_judged(
    *, alone: bool, error: Exception, refusals: int, ending: Ending, expected: Verdict
) -> None:
    assert judge(error, alone=alone, refusals=refusals, ending=ending) is expected
