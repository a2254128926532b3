"""Whatever a child does, the process that asked only waits, and not for long."""

import dataclasses
import socket
import threading
from collections.abc import Iterator

import pytest

from chatsite.confined.budgets import Budget
from chatsite.confined.pool import NoPlace, Pool, TooMuch, TooSlow

BUDGET = Budget(
    characters=10_000_000, seconds=0.3, memory=512 << 20, answer=100_000, patience=30.0, seconds_each=0.0
)
WORK = "tests.chatsite.confined.works:work"


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(WORK, BUDGET, size=2, jobs=100, wait=30)
    yield pool
    pool.close()


def ask(pool: Pool, do: str, *, content: bytes = b"", owner: str | None = None) -> object:
    return pool.ask({"do": do}, content, length=len(content), owner=owner)


def test_content_goes_to_the_child_and_its_answer_comes_back(pool: Pool) -> None:
    assert ask(pool, "measure", content=b"x" * 3_000_000) == 3_000_000


def test_a_child_waits_on_a_socket_that_gevent_made(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    def pair() -> tuple[socket.socket, socket.socket]:
        ours, theirs = made()
        theirs.settimeout(0)
        return ours, theirs

    made = socket.socketpair
    monkeypatch.setattr(socket, "socketpair", pair)

    assert ask(pool, "measure", content=b"x" * 3_000_000) == 3_000_000


def test_a_child_serves_again(pool: Pool) -> None:
    assert ask(pool, "name") == ask(pool, "name")


def test_a_child_sees_no_secret_and_none_of_the_site(pool: Pool) -> None:
    assert ask(pool, "look_around") == {"environment": [], "django": False}


def test_what_a_child_prints_goes_nowhere(pool: Pool) -> None:
    assert ask(pool, "complain") == "done"


@pytest.mark.parametrize("hostile", ["backtrack", "eat_memory", "answer_without_end", "fail", "end"])
def test_work_beyond_its_budget_is_given_up_and_the_next_is_done(pool: Pool, hostile: str) -> None:
    with pytest.raises(TooMuch):
        ask(pool, hostile)

    assert ask(pool, "measure", content=b"abc") == 3


def test_a_child_that_only_waits_is_given_up_as_too_slow() -> None:
    pool = Pool(WORK, dataclasses.replace(BUDGET, patience=0.1), size=1, jobs=100, wait=0)

    with pytest.raises(TooSlow):
        ask(pool, "wait")
    pool.close()


def test_what_is_too_long_is_not_begun() -> None:
    pool = Pool("no.such:module", dataclasses.replace(BUDGET, characters=3), size=1, jobs=1, wait=0)

    with pytest.raises(TooMuch):
        ask(pool, "measure", content=b"abcd")


def test_the_log_tells_the_kind_of_a_failure_and_no_content(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TooMuch):
        ask(pool, "fail", content=b"secret")

    assert "LookupError" in caplog.text
    assert "of the content" not in caplog.text


def test_a_person_has_one_place_and_others_have_theirs() -> None:
    pool = Pool(WORK, BUDGET, size=2, jobs=100, wait=0)
    pool._enter("alice")
    with pytest.raises(NoPlace):
        ask(pool, "measure", owner="alice")
    assert ask(pool, "measure", owner="bob") == 0
    pool._leave("alice")
    assert ask(pool, "measure", owner="alice") == 0
    pool.close()


def test_threads_may_ask_at_once(pool: Pool) -> None:
    answers: list[object] = []

    def work(length: int) -> None:
        answers.append(ask(pool, "measure", content=b"x" * length))

    threads = [threading.Thread(target=work, args=(length,)) for length in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == sorted(map(str, range(20)))


def test_a_child_is_replaced_after_its_share_of_work() -> None:
    pool = Pool(WORK, BUDGET, size=1, jobs=2, wait=0)
    names = [ask(pool, "name") for _ in range(3)]
    pool.close()

    assert names[0] == names[1] != names[2]
