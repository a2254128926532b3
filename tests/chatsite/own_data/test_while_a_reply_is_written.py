"""Who deletes everything stops the replies that are being written, upstream as well."""

from tests.chatsite.accounts.people import PASSWORD, create_account, sign_in
from tests.site import Site
from tests.upstream import Reply
from tests.waiting import wait_until


def test_a_reply_that_is_being_written_stops_with_its_account(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Hel", gate, "lo"))
    create_account(site, "leaves")
    visitor = site.visitor()
    sign_in(visitor, "leaves")

    with visitor.send("Hi") as reading:
        assert reading.until("token").json == {"text": "Hel"}
        answer = visitor.post("/accounts/data/delete/", {"what": "account", "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        wait_until(site.upstream.requests[-1].peer_closed.is_set)
    gate.open()

    assert visitor.get(f"/c/{reading.start['conversation']}/").status_code == 404
    visitor.get("/accounts/login/")
    again = visitor.post("/accounts/login/", {"username": "leaves", "password": PASSWORD})
    assert again.status_code == 200


def test_a_guest_leaves_with_a_reply_that_is_being_written(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Hel", gate, "lo"), Reply("Yes."))
    visitor = site.visitor()

    with visitor.send("Hi") as reading:
        reading.until("token")
        assert visitor.post("/accounts/data/delete/").status_code == 303
        wait_until(site.upstream.requests[-1].peer_closed.is_set)
    gate.open()

    with visitor.send("Hi again") as another:
        assert another.end["status"] == "done"
    assert visitor.get(f"/c/{reading.start['conversation']}/").status_code == 404
