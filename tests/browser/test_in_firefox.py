"""The page in Firefox: replies and what can be done with them, documents, search and sharing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chat_page import MARKUP
from tests.browser.firefox import HOW_TO_GET_ONE, Firefox, find_firefox, running
from tests.browser.test_accounts import link_in
from tests.browser.test_connection import DROPPABLE
from tests.browser.test_images import GIVE, picture, sent
from tests.chatsite.images.people import SEES
from tests.mailbox import Mailbox
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.xdist_group("firefox"),  # one browser for all of them
    pytest.mark.skipif(
        not find_firefox() and os.environ.get("BROWSER_TESTS") != "required",
        reason=f"no Firefox found. {HOW_TO_GET_ONE}",
    ),
]

PROMPT = "#prompt"
REPLY = 'article[data-role="assistant"]'
QUESTION = 'article[data-role="user"] [data-text]'
LAST = "selector => [...document.querySelectorAll(selector)].at(-1)"
CONTROL, SHIFT, ENTER, ESCAPE, ARROW_UP = "\ue009", "\ue008", "\ue006", "\ue00c", "\ue013"


@pytest.fixture(scope="module")
def running_firefox() -> Iterator[Firefox]:
    executable = find_firefox()
    if executable is None:
        pytest.fail(f"BROWSER_TESTS=required, and no Firefox was found. {HOW_TO_GET_ONE}", pytrace=False)
    with running(executable) as firefox:
        yield firefox


@pytest.fixture
def firefox(running_firefox: Firefox, site: Site) -> Firefox:
    """It has the site's first page open."""
    running_firefox.open(f"{site.url}/")
    return running_firefox


def ask(firefox: Firefox, text: str) -> None:
    firefox.type(PROMPT, text + CONTROL + ENTER)


def status(firefox: Firefox) -> str:
    return str(
        firefox.run("return [...document.querySelectorAll(arguments[0])].at(-1)?.dataset.status", REPLY)
    )


def markup(firefox: Firefox) -> str:
    return str(firefox.run(f"return ({MARKUP})(({LAST})(arguments[0]))", REPLY))


def test_a_reply_is_rendered_while_it_is_written(site: Site, firefox: Firefox) -> None:
    item, rest = site.upstream.gate(), site.upstream.gate()
    site.upstream.enqueue(Reply("- one **bold", item, "**\n- two\n\n```python\nx = 1", rest, "\n```\n"))
    ask(firefox, "Go")

    item.wait_until_reached()
    wait_until(lambda: firefox.text(f"{REPLY} li strong") == "bold")
    item.open()
    rest.wait_until_reached()
    wait_until(lambda: firefox.text(f"{REPLY} pre code").strip() == "x = 1")
    assert status(firefox) == "running"
    rest.open()
    wait_until(lambda: status(firefox) == "done")

    live = markup(firefox)
    firefox.reload()
    assert markup(firefox) == live


def test_escape_stops_a_reply(site: Site, firefox: Firefox) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("So far", gate, " and on"))
    ask(firefox, "Go")
    wait_until(lambda: "So far" in firefox.text(REPLY))

    firefox.type(PROMPT, ESCAPE)

    wait_until(lambda: status(firefox) == "stopped")
    assert "So far" in firefox.text(REPLY)
    assert "and on" not in firefox.text(REPLY)


def test_what_is_sent_while_a_reply_is_written_waits(site: Site, firefox: Firefox) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One ", gate, "more."), Reply("Two."))
    ask(firefox, "Go")
    wait_until(lambda: "One" in firefox.text(REPLY))

    ask(firefox, "And then?")
    wait_until(lambda: firefox.text("[data-queue] [data-text]") == "And then?")
    gate.open()

    wait_until(lambda: firefox.text(f"{REPLY} [data-body]").strip() == "Two.")
    wait_until(lambda: not firefox.text("[data-queue]").strip())


def test_a_reply_goes_on_after_a_reload(site: Site, firefox: Firefox) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One ", gate, "two."))
    ask(firefox, "Go")
    wait_until(lambda: "One" in firefox.text(REPLY))

    firefox.reload()
    wait_until(lambda: "One" in firefox.text(REPLY))
    assert status(firefox) == "running"
    gate.open()

    wait_until(lambda: status(firefox) == "done")
    assert firefox.text(f"{REPLY} [data-body]").strip() == "One two."


def test_what_was_typed_is_there_after_a_reload(firefox: Firefox) -> None:
    firefox.type(PROMPT, "Not sent yet")

    firefox.reload()

    wait_until(lambda: firefox.run("return document.querySelector('#prompt').value") == "Not sent yet")


def test_a_message_is_edited_and_its_versions_are_paged_through(site: Site, firefox: Firefox) -> None:
    site.upstream.enqueue(Reply("One."))
    ask(firefox, "one")
    wait_until(lambda: status(firefox) == "done")
    asked = firefox.text(QUESTION)  # after a draft, if there was one

    firefox.type(PROMPT, ARROW_UP)
    box = "article textarea"
    wait_until(lambda: firefox.run(f"return document.querySelector('{box}')?.value") == asked)
    site.upstream.enqueue(Reply("Two."))
    firefox.type(box, " and more" + CONTROL + ENTER)
    wait_until(lambda: firefox.text(f"{REPLY} [data-body]").strip() == "Two.")
    wait_until(lambda: "2/2" in firefox.text("[data-siblings]:not([hidden])"))
    firefox.click("[data-siblings] a[rel=prev]")

    wait_until(lambda: firefox.text(f"{REPLY} [data-body]").strip() == "One.")
    assert "1/2" in firefox.text("[data-siblings]:not([hidden])")
    assert firefox.text(QUESTION) == asked


def says(firefox: Firefox, selector: str, text: str) -> None:
    """Wait until the last element of these says it."""
    wait_until(lambda: text in firefox.text(selector), message=f"{selector} does not say {text!r}")


def answered(site: Site, firefox: Firefox, reply: str) -> None:
    site.upstream.enqueue(Reply(reply))
    ask(firefox, "Go")
    wait_until(lambda: status(firefox) == "done")


def test_enter_sends_and_shift_enter_begins_a_line(site: Site, firefox: Firefox) -> None:
    site.upstream.enqueue(Reply("Yes."))

    firefox.type(PROMPT, f"one{SHIFT}{ENTER}{SHIFT}two{ENTER}")

    wait_until(lambda: status(firefox) == "done")
    assert firefox.text(QUESTION).endswith("one\ntwo")
    assert firefox.run("return document.querySelector('#prompt').value") == ""


def test_a_reply_goes_on_after_its_connection_broke(site: Site, firefox: Firefox) -> None:
    firefox.run(f"({DROPPABLE})()")
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Before, ", gate, "and after."))
    ask(firefox, "Go")
    says(firefox, REPLY, "Before,")

    firefox.run("dropConnection()")
    gate.open()

    wait_until(lambda: status(firefox) == "done")
    assert firefox.text(f"{REPLY} [data-body]").strip() == "Before, and after."


def test_a_reply_is_regenerated_and_paged_through(site: Site, firefox: Firefox) -> None:
    answered(site, firefox, "One.")
    site.upstream.enqueue(Reply("Two."))

    firefox.click("[data-regenerate] button")
    says(firefox, f"{REPLY} [data-body]", "Two.")
    says(firefox, f"{REPLY} [data-siblings]", "2/2")
    firefox.click(f"{REPLY} [data-siblings] a[rel=prev]")

    says(firefox, f"{REPLY} [data-body]", "One.")


def test_code_and_replies_are_copied(site: Site, firefox: Firefox) -> None:
    answered(site, firefox, "*Code*:\n\n```python\nx = 1\n```\n")

    for selector, copied in ((".code-tools [data-tool=copy]", "x = 1\n"), ("[data-copy]", "*Code*:")):
        firefox.click(f"{REPLY} {selector}")
        says(firefox, "[data-announcer]", "Copied")
        firefox.run("document.querySelector('#prompt').value = ''")
        firefox.type(PROMPT, f"{CONTROL}v{CONTROL}")
        pasted = firefox.run("return document.querySelector('#prompt').value")
        assert pasted.startswith(copied)
        firefox.run("document.querySelector('[data-announcer]').textContent = ''")


def test_a_file_is_uploaded(site: Site, firefox: Firefox, tmp_path: Path) -> None:
    file = tmp_path / "harbour.md"
    file.write_text("The harbour is **deep**.")
    firefox.open(f"{site.url}/documents/")

    firefox.type("input[type=file]", str(file))
    firefox.click("[data-upload] button[type=submit]")

    says(firefox, "[data-documents]", "harbour.md")
    firefox.click(".document-title a, a.document-title")
    assert firefox.text(".passage-cited strong") == "deep"


def test_keys_lead_to_the_search_and_that_to_the_message(site: Site, firefox: Firefox) -> None:
    answered(site, firefox, "The harbour is deep.")

    firefox.type(PROMPT, f"{CONTROL}k{CONTROL}")
    wait_until(lambda: "/search/" in str(firefox.run("return location.pathname")))
    firefox.type("input[type=search]", f"HARB{ENTER}")
    says(firefox, "mark", "harb")
    firefox.click(".found-message")

    says(firefox, f"{REPLY} [data-body]", "The harbour is deep.")


def test_a_question_mark_shows_what_keys_do(firefox: Firefox) -> None:
    firefox.run("document.activeElement.blur()")

    firefox.type("body", "?")
    wait_until(lambda: firefox.run("return document.querySelector('dialog').open"))
    firefox.type("dialog", ESCAPE)
    wait_until(lambda: not firefox.run("return document.querySelector('dialog').open"))
    firefox.type("body", "/")

    wait_until(lambda: firefox.run("return document.activeElement.id") == "prompt")


def test_a_chat_is_shared(site: Site, firefox: Firefox) -> None:
    answered(site, firefox, "**Shared** words.")
    firefox.open(firefox.run("return location.origin + location.pathname") + "share/")

    firefox.click(".choice-row button")
    wait_until(lambda: firefox.run("return document.querySelectorAll('.link-row').length") == 1)
    firefox.click(".link-row a.button")

    says(firefox, "article .prose strong", "Shared")


def test_a_page_that_was_scrolled_stays_there(site: Site, firefox: Firefox) -> None:
    gate, end = site.upstream.gate(), site.upstream.gate()
    site.upstream.enqueue(Reply("A paragraph.\n\n" * 60, gate, "More.\n\n" * 30, end))
    ask(firefox, "Go")
    wait_until(lambda: firefox.text(REPLY).count("A paragraph.") == 60)
    firefox.run("scrollTo({ top: 300, behavior: 'instant' })")
    before = firefox.run("return scrollY")

    gate.open()
    wait_until(lambda: firefox.text(REPLY).count("More.") == 30)

    assert firefox.run("return scrollY") == before
    end.open()
    wait_until(lambda: status(firefox) == "done")


def test_rows_stand_still_while_others_come(site: Site, firefox: Firefox) -> None:
    gate, end = site.upstream.gate(), site.upstream.gate()
    first = "| Name | What it does |\n|---|---|\n" + "| house | street |\n" * 3
    rest = "| a much longer name than before | quiet street |\n| house | street |\n"
    site.upstream.enqueue(Reply(first, gate, rest, end, "\nDone."))
    lefts = "return [...document.querySelectorAll('td')].map((cell) => cell.getBoundingClientRect().left)"
    ask(firefox, "Go")
    says(firefox, f"{REPLY} td", "street")
    before = firefox.run(lefts)

    gate.open()
    wait_until(lambda: "a much longer" in firefox.text(f"{REPLY} table"))

    after = firefox.run(lefts)
    assert len(before) >= 4
    assert after[: len(before)] == pytest.approx(before, abs=2)  # widths are whole pixels
    end.open()
    wait_until(lambda: status(firefox) == "done")


def test_pictures_are_dropped_and_sent(start_site: SiteStarter, running_firefox: Firefox) -> None:
    firefox, site = running_firefox, start_site(settings=SEES)
    firefox.open(f"{site.url}/")
    site.upstream.enqueue(Reply("A harbour."))
    for name in ("one.png", "two.png"):  # a script's own paste has no files there
        firefox.run(f"({GIVE})(arguments[0])", ["drop", "[data-prompt]", [picture(name)]])
    fields = "return document.querySelectorAll('[data-attached] [name=images]').length"
    wait_until(lambda: firefox.run(fields) == 2)

    ask(firefox, "What is this?")
    wait_until(lambda: status(firefox) == "done")

    assert sent(site) == ["text", "image_url", "image_url"]
    firefox.reload()
    shown = "return [...document.querySelectorAll('[data-images] img')].map((image) => image.alt)"
    assert firefox.run(shown) == ["one.png", "two.png"]


def submit(firefox: Firefox, form: str, **fields: str) -> None:
    """Fill in the fields with these names, and press the form's button."""
    for name, value in fields.items():
        firefox.type(f"{form} input[name={name}]", value)
    firefox.click(f"{form} button[type=submit]")


def test_an_account_is_made_and_used(start_site: SiteStarter, running_firefox: Firefox) -> None:
    firefox = running_firefox
    password = "canary-password"
    with Mailbox() as mailbox:
        mailing = {"EMAIL_URL": mailbox.url, "EMAIL_FROM": "chat@example.org"}
        site = start_site(settings={"SIGN_UP": "open"} | mailing)
        firefox.open(f"{site.url}/accounts/signup/")
        form = {"username": "alice", "email": "alice@example.org"}
        submit(firefox, "form.login", **form, password1=password, password2=password)
        wait_until(lambda: firefox.text("h1") == "Look into your mailbox")
        firefox.open(link_in(mailbox, 1))
        submit(firefox, "main form")
        wait_until(lambda: firefox.run("return Boolean(document.querySelector(arguments[0]))", PROMPT))

        site.upstream.enqueue(Reply("Good day, Alice."))
        ask(firefox, "Hello")
        wait_until(lambda: "Good day, Alice." in firefox.text(REPLY))
        firefox.open(f"{site.url}/accounts/sessions/")
        assert "Firefox on Linux (this one)" in firefox.text("main")

        firefox.open(f"{site.url}/accounts/")
        firefox.click("form[action='/accounts/logout/'] button")
        wait_until(lambda: firefox.run("return location.pathname") == "/")
