"""Many files at once: who has to come again, and that nobody else waits."""

import contextlib
import select
import time

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from chatsite.accounts.limits import LimitReached
from chatsite.accounts.visitor import Visitor
from chatsite.documents import uploads
from chatsite.documents.models import BATCH, LEFT_BEHIND, Document, Passage
from chatsite.documents.parsing import Parsed, Unreadable, parse
from streaming import admission
from streaming.admission import Busy
from tests.chatsite.documents.meaning import MODEL, PATH
from tests.chatsite.documents.people import on_the_wire, upload, upload_form
from tests.crowd import Crowd
from tests.site import SiteStarter
from tests.upstream import Failure

ALICE, BOB, CAROL = (Visitor(guest=letter * 32) for letter in "abc")
CROWD = 40
"""As many as there are threads."""


def answered(crowd: Crowd) -> list[int]:
    """The descriptors of those who have been told something."""
    poll = select.poll()
    for sock in crowd.sockets:
        poll.register(sock, select.POLLIN)
    return [number for number, _ in poll.poll(0)]


@pytest.mark.alone
@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_a_person_who_uploads_many_files_at_once_delays_nobody(
    start_site: SiteStarter, worker_class: str
) -> None:
    site = start_site(worker_class=worker_class, settings={"EMBEDDING_MODEL": MODEL})
    gate = site.upstream.gate()
    site.upstream.on(lambda _: Failure(500, headers_after=gate), path=PATH)
    person, other = site.visitor(), site.visitor()
    assert upload(person, "empty.txt", "").status_code == 400  # from now on the site knows the person
    form = on_the_wire(upload_form(person, "notes.txt", "Tea.", accept="application/json"))
    other.http.timeout = 1.0

    with Crowd(site.url, CROWD) as crowd:
        crowd.say(form)
        gate.wait_until_reached()
        while len(answered(crowd)) < CROWD - uploads.EACH:
            assert other.get("/").status_code == 200
        assert (
            upload(other, "other.txt", "", accept="application/json").json()["error"]["code"] == "unreadable"
        )
        told = [sock.recv(65536) for sock in crowd.sockets if sock.fileno() in answered(crowd)]
        gate.open()

    assert {answer.split(b"\r\n")[0] for answer in told} == {b"HTTP/1.1 429 Too Many Requests"}
    assert all(b"\r\nRetry-After: 5\r\n" in answer for answer in told)
    assert all(b"You can have 2 files read at once." in answer for answer in told)
    assert "limit of files (2) reached by guest" in site.server.log


def test_a_file_that_comes_when_there_is_no_room_is_refused_on_the_page(
    start_site: SiteStarter,
) -> None:
    site = start_site(threads=3, settings={"EMBEDDING_MODEL": MODEL})
    gate = site.upstream.gate()
    site.upstream.on(lambda _: Failure(500, headers_after=gate), path=PATH)
    person = site.visitor()

    with Crowd(site.url, 1) as crowd:
        crowd.say(on_the_wire(upload_form(site.visitor(), "theirs.txt", "Tea.")))
        gate.wait_until_reached()
        refused = upload(person, "mine.txt", "Tea.")
        gate.open()

    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert "Nothing was stored: upload yours again in 5 seconds." in refused.text


def test_one_person_has_fewer_places_than_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission.Admission, "server_limit", 1000)

    assert places(ALICE, ALICE, ALICE, BOB, BOB, CAROL) == [ALICE, ALICE, BOB, BOB]
    assert places(CAROL) == [CAROL]


def places(*visitors: Visitor) -> list[Visitor]:
    """Of those who come one after the other, and stay: who is let in."""
    let_in = []
    with contextlib.ExitStack() as stay:
        for visitor in visitors:
            with contextlib.suppress(Busy, LimitReached):
                stay.enter_context(uploads._place(visitor))
                let_in.append(visitor)
    return let_in


def test_a_file_that_is_refused_counts_as_an_upload(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.GUEST_LIMITS, "uploads", 1)
    with pytest.raises(Unreadable):
        uploads.add("empty.txt", b"", visitor=ALICE)

    with pytest.raises(LimitReached):
        uploads.add("notes.txt", b"Tea.", visitor=ALICE)


class Connection:
    """The database connection, as far as letting go of it goes."""

    in_atomic_block = False

    def __init__(self, done: list[str]) -> None:
        self._done = done

    def close(self) -> None:
        self._done.append("let go")


def test_no_database_connection_is_held_while_a_file_is_read(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def read(name: str, content: bytes, *, owner: Visitor) -> Parsed:
        done.append("read")
        return parse(name, content, owner=owner)

    monkeypatch.setattr(uploads, "connection", Connection(done))
    monkeypatch.setattr(uploads, "parse", read)

    uploads.add("notes.txt", b"Tea.", visitor=ALICE)

    assert done == ["let go", "read"]


def test_others_write_while_a_long_document_is_stored_and_see_none_of_it(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "Words. " * 100 for number in range(500))
    seen: list[tuple[int, bool]] = []

    def look(_: float) -> None:
        seen.append((Document.objects.for_visitor(ALICE).count(), connection.in_atomic_block))

    monkeypatch.setattr(time, "sleep", look)

    document = uploads.add("long.txt", text.encode(), visitor=ALICE)

    assert document.passages.count() >= 500
    assert len(seen) >= 500 // BATCH
    assert set(seen) == {(0, False)}
    assert list(Document.objects.for_visitor(ALICE)) == [document]


def test_a_document_that_is_deleted_goes_at_once_and_its_passages_piece_by_piece(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = uploads.add("long.txt", b"Words and words. " * 20_000, visitor=ALICE)
    left: list[int] = []

    def look(_: float) -> None:
        assert not Document.objects.for_visitor(ALICE).exists()
        assert not connection.in_atomic_block
        left.append(Passage.objects.count())

    monkeypatch.setattr(time, "sleep", look)

    document.remove()

    assert len(left) > 1
    assert left[-1] == 0
    assert not Document.objects.exists()


def test_what_cannot_be_stored_leaves_nothing(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Document) -> None:
        raise RuntimeError

    monkeypatch.setattr(Document, "show", fail)
    with pytest.raises(RuntimeError):
        uploads.add("notes.txt", b"Tea.", visitor=ALICE)

    assert not Document.objects.exists()
    assert not Passage.objects.exists()


def test_what_a_dead_process_left_behind_is_removed_by_the_next_upload(db: None) -> None:
    old = uploads.add("old.txt", b"Tea.", visitor=ALICE)
    Document.objects.update(is_whole=False, changed=timezone.now() - 2 * LEFT_BEHIND)

    uploads.add("new.txt", b"Coffee.", visitor=BOB)

    assert not Document.objects.filter(pk=old.pk).exists()


def test_the_same_file_is_kept_once_whatever_its_name(db: None) -> None:
    document = uploads.add("notes.txt", b"Tea.", visitor=ALICE)

    with pytest.raises(uploads.AlreadyThere) as refused:
        uploads.add("copy.md", b"Tea.", visitor=ALICE)

    assert refused.value.document == document
    assert list(Document.objects.all()) == [document]
    uploads.add("notes.txt", b"Tea.", visitor=BOB)
    document.remove()
    uploads.add("copy.md", b"Tea.", visitor=ALICE)


def test_of_the_same_file_twice_at_once_one_is_kept(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(name: str, content: bytes, *, owner: Visitor) -> Parsed:
        monkeypatch.setattr(uploads, "parse", parse)
        uploads.add("first.txt", content, visitor=owner)
        return parse(name, content, owner=owner)

    monkeypatch.setattr(uploads, "parse", read)

    with pytest.raises(uploads.AlreadyThere):
        uploads.add("second.txt", b"Tea.", visitor=ALICE)

    assert [document.title for document in Document.objects.all()] == ["first.txt"]
    assert Passage.objects.count() == 1
