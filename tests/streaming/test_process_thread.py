"""One thread a process, started when it is needed."""

import os
import threading

import pytest

from streaming.process_thread import ProcessThread
from tests.waiting import wait_until


def test_it_starts_one_thread_however_often_asked() -> None:
    end, began = threading.Event(), []

    def work() -> None:
        began.append(threading.current_thread().name)
        end.wait(10)

    thread = ProcessThread(work, name="the only one")
    thread.start()
    thread.start()
    wait_until(lambda: began)
    assert thread.runs
    end.set()

    wait_until(lambda: not thread.runs)
    assert began == ["the only one"]


def test_one_that_has_ended_is_started_anew() -> None:
    began: list[int] = []
    thread = ProcessThread(lambda: began.append(1), name="short")
    thread.start()
    wait_until(lambda: not thread.runs)

    thread.start()

    wait_until(lambda: len(began) == 2)


def test_a_dismissed_thread_knows_that_it_is() -> None:
    ask, said = threading.Event(), []

    def work() -> None:
        said.append(thread.is_current)
        ask.wait(10)
        said.append(thread.is_current)

    thread = ProcessThread(work, name="dismissed")
    thread.start()
    wait_until(lambda: said)
    thread.dismiss()
    ask.set()

    wait_until(lambda: len(said) == 2)
    assert said == [True, False]
    assert not thread.is_current


def test_where_no_thread_is_left_the_next_start_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    began: list[int] = []
    thread = ProcessThread(lambda: began.append(1), name="late")
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError):
            thread.start()
    assert not thread.runs

    thread.start()

    wait_until(lambda: began)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # Python 3.12 and later
def test_a_forked_process_starts_its_own() -> None:
    end = threading.Event()
    thread = ProcessThread(lambda: end.wait(10), name="forked")
    thread.start()
    if (child := os.fork()) == 0:
        try:
            inherited = thread.runs
            thread.start()
            os._exit(int(inherited or not thread.runs))
        finally:
            os._exit(2)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    end.set()
