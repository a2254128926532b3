"""Nobody does more than they may, wherever they are counted."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User

from chatsite.accounts import limits
from chatsite.accounts.limits import Allowance, LimitReached
from chatsite.accounts.models import Count, Limits
from chatsite.accounts.visitor import Visitor
from tests.chatsite.accounts.people import create_account
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import EVENTS

FROM_AFAR = {"X-Forwarded-For": "203.0.113.5"}
"""As a proxy on this machine says it."""


@pytest.mark.django_db
class TestCounting:
    def test_what_is_taken_is_counted_up_to_the_limit(self) -> None:
        for _ in range(3):
            limits.take("messages", "user 1", most=3)
        with pytest.raises(LimitReached) as reached:
            limits.take("messages", "user 1", most=3)

        limits.take("messages", "user 2", most=3)
        assert reached.value.retry_after in range(3591, 3601)
        assert re.fullmatch(
            r"You can ask for 3 replies an hour. Try again in 60 minutes.", str(reached.value)
        )
        assert Count.objects.get(who="user 1").amount == 3

    def test_a_count_begins_anew_when_its_time_is_over(self) -> None:
        limits.take("messages", "user 1", most=1)
        Count.objects.update(ends=1)

        limits.take("messages", "user 1", most=1)

        with pytest.raises(LimitReached):
            limits.take("messages", "user 1", most=1)

    def test_no_limit_counts_nothing(self) -> None:
        limits.take("messages", "user 1", most=0)
        assert not Count.objects.exists()

    def test_what_was_spent_refuses_the_next(self) -> None:
        visitor = Visitor(user=User.objects.create_user("alice"))
        Allowance(visitor).require_left("tokens")
        limits.spend(visitor, "tokens", settings.LIMITS["tokens"] + 1)
        with pytest.raises(LimitReached, match="tokens"):
            Allowance(visitor).require_left("tokens")

    def test_only_what_time_ends_says_when(self) -> None:
        allowance = Allowance(Visitor(user=User.objects.create_user("alice")))
        for name, seconds in (("replies", limits.SOON), ("disk", None), ("documents", None)):
            allowance.require_room(name, used=settings.LIMITS[name])
            with pytest.raises(LimitReached) as reached:
                allowance.require_room(name, used=settings.LIMITS[name] + 1)
            assert reached.value.retry_after == seconds

    def test_the_highest_limit_of_the_groups_wins(self) -> None:
        user = User.objects.create_user("alice")
        visitor, guest = Visitor(user=user), Visitor(guest="f" * 32)
        for name, most in (("few", 5), ("many", 9)):
            group = Group.objects.create(name=name)
            Limits.objects.create(group=group, messages=most)
            user.groups.add(group)
        Limits.objects.create(messages=2)

        assert Allowance(visitor).most("messages") == 9
        assert Allowance(guest).most("messages") == 2
        assert Allowance(visitor).most("tokens") == settings.LIMITS["tokens"]
        assert Allowance(guest).most("tokens") == settings.GUEST_LIMITS["tokens"]
        Limits.objects.filter(messages=5).update(messages=0)
        assert Allowance(visitor).most("messages") == 0

    def test_a_cost_is_counted_in_millionths_of_a_cent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(settings.LIMITS, "cost", 2)
        visitor = Visitor(user=User.objects.create_user("alice"))
        limits.spend(visitor, "cost", 1_999_999)
        Allowance(visitor).require_left("cost")
        limits.spend(visitor, "cost", 1)
        with pytest.raises(LimitReached):
            Allowance(visitor).require_left("cost")


@pytest.fixture(scope="module")
def narrow_settings() -> dict[str, str]:
    return {
        "CHAT_REPLIES_AT_ONCE": "12",  # as many as are asked for: another limit is looked at
        "LIMIT_REQUESTS": "80",
        "LIMIT_SIGN_INS": "25",
        "LIMIT_GUESTS": "3",
        "LIMIT_GUEST_MESSAGES": "5",
        "LIMIT_GUEST_UPLOADS": "2",
        "SIGN_IN_FAILURES": "4",
    }


@pytest.fixture
def narrow(start_site: SiteStarter, narrow_settings: dict[str, str]) -> Iterator[Site]:
    """Two workers, and room for little."""
    site = start_site(workers=2, settings=narrow_settings)
    yield site
    site.new_round()


def refused(answer: httpx.Response) -> bool:
    if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        return False
    assert int(answer.headers["Retry-After"]) > 0
    return True


def test_the_limits_hold_exactly_across_two_workers(narrow: Site) -> None:
    person, others = narrow.visitor(), narrow.visitor()
    narrow.upstream.enqueue(*(Reply("Yes.") for _ in range(5)))
    forms = [person.form("/messages/", {"text": f"Hi {number}"}) for number in range(12)]
    answers = [person.http.send(form) for form in forms]
    assert [answer.status_code for answer in answers].count(303) == 5
    assert sum(map(refused, answers)) == 7
    assert "5 replies an hour" in answers[-1].text

    def ask(_: int) -> httpx.Response:
        return httpx.get(f"{narrow.url}/", headers=FROM_AFAR, trust_env=False)

    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(ask, range(100)))
    assert [answer.status_code for answer in asked].count(200) == 80
    assert "80 requests a minute" in next(filter(refused, asked)).text

    assert others.get("/").status_code == 200
    assert "limit of requests (80) reached by address 203.0.113.5" in narrow.server.log


def test_a_guesser_is_locked_out_and_nobody_else(narrow: Site) -> None:
    create_account(narrow, "alice")
    guesser, alice = narrow.visitor(), narrow.visitor()
    afar = {"X-Forwarded-For": "203.0.113.6"}
    guesser.get("/accounts/login/")

    tries = [
        guesser.post("/accounts/login/", {"username": "alice", "password": f"canary-{n}"}, headers=afar)
        for n in range(30)
    ]

    assert [answer.status_code for answer in tries[:3]] == [200] * 3
    assert all(map(refused, tries[3:]))
    assert "wrong passwords" in tries[4].text
    assert "25 tries to sign in an hour" in tries[-1].text
    alice.get("/accounts/login/")
    right = {"username": "alice", "password": "canary-password"}
    assert guesser.post("/accounts/login/", right, headers=afar).status_code == 429
    assert alice.post("/accounts/login/", right).status_code == 302
    assert "203.0.113.6" in narrow.server.log
    assert "canary" not in narrow.server.log


def test_an_address_brings_so_many_guests_a_day(narrow: Site) -> None:
    narrow.upstream.enqueue(*(Reply("Yes.") for _ in range(4)))
    afar = {"X-Forwarded-For": "203.0.113.7", "Accept": EVENTS}
    guests = [narrow.visitor() for _ in range(5)]
    answers = [guest.post("/messages/", {"text": "Hi"}, headers=afar) for guest in guests]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
    assert guests[4].post("/messages/", {"text": "Hi"}, headers={"Accept": EVENTS}).status_code == 200
