"""The agent: its steps are seen, its tools may fail, and it comes to an end."""

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from chatsite.accounts.visitor import Visitor as Asker
from chatsite.assistants import agent
from chatsite.assistants.base import Turn
from chatsite.assistants.tools.tool import make_tool
from streaming import stream
from streaming.events import End, Start, Token, ToolEnd, ToolStart
from tests.site import Site, SiteStarter
from tests.upstream import EndlessTokens, Failure, Reply, ScriptedUpstream, ToolCall
from tests.visitor import Reading, Visitor


def ask(visitor: Visitor, text: str) -> Reading:
    return visitor.send(text, assistant="agent")


def calls(*called: tuple[str, dict[str, Any]]) -> Reply:
    """A step in which the model calls tools; the arguments come in pieces."""
    steps = []
    for index, (name, arguments) in enumerate(called):
        text = json.dumps(arguments)
        steps.append(ToolCall(name, (text[:3], text[3:]), id=f"call_{index + 1}", index=index))
    return Reply(*steps, finish="tool_calls")


def calculation(expression: str) -> Reply:
    return calls(("calculator", {"expression": expression}))


def steps(reading: Reading) -> list[tuple[str, Any]]:
    """What happened, without the beginning and the end."""
    shown = []
    for event in reading.events:
        data = event.json
        if event.name == "tool-start":
            shown.append((f"{data['name']}?", data["input"]))
        elif event.name == "tool-end":
            shown.append((f"{data['name']}!", data.get("error") or data["output"]))
        elif event.name not in {"start", "end"}:
            shown.append((event.name, data.get("text", data)))
    return shown


def test_its_steps_are_sent_as_they_happen_and_the_reply_after_them(site: Site) -> None:
    site.upstream.enqueue(calculation("6 * 7"), Reply("It is 42."))
    visitor = site.visitor()

    with ask(visitor, "What is 6 times 7?") as reading:
        end = reading.end

    assert steps(reading) == [
        ("calculator?", {"expression": "6 * 7"}),
        ("calculator!", "42"),
        ("token", "It is 42."),
    ]
    assert end["status"] == "done"
    assert end["usage"] == {"input_tokens": 10, "output_tokens": 4, "source": "reported"}
    assert "It is 42." in visitor.get(f"/c/{reading.start['conversation']}/").text


def test_the_model_is_told_the_tools_one_system_prompt_and_the_results(site: Site) -> None:
    site.upstream.enqueue(calculation("6 * 7"), Reply("42"))

    with ask(site.visitor(), "What is 6 times 7?") as reading:
        assert reading.end["status"] == "done"

    first, second = site.upstream.requests
    names = [tool["function"]["name"] for tool in first.json["tools"]]
    assert names == ["calculator", "clock", "convert_units", "search_documents"]
    assert [message["role"] for message in first.messages] == ["system", "user"]
    assert first.messages[0]["content"].startswith("You are a helpful assistant.")
    assert second.messages[-1] == {"role": "tool", "content": "42", "tool_call_id": "call_1"}


def test_a_conversation_goes_on_with_what_was_said(site: Site) -> None:
    site.upstream.enqueue(calculation("6 * 7"), Reply("42"), Reply("You are welcome."))
    visitor = site.visitor()
    with ask(visitor, "6 * 7?") as reading:
        assert reading.end["status"] == "done"

    with visitor.send("Thanks", conversation=reading.start["conversation"]) as reading:
        assert reading.end["status"] == "done"

    said = [message["content"] for message in site.upstream.requests[-1].messages[1:]]
    assert said == ["6 * 7?", "42", "Thanks"]


def test_several_tools_can_be_called_at_once(site: Site) -> None:
    site.upstream.enqueue(
        calls(
            ("calculator", {"expression": "1 + 1"}),
            ("convert_units", {"value": 1, "unit": "mile", "to": "km"}),
            ("clock", {"zone": "Tokyo"}),
        ),
        Reply("Done."),
    )

    with ask(site.visitor(), "All of it") as reading:
        assert reading.end["status"] == "done"

    ends = {event.json["id"]: event.json["output"] for event in reading.events if event.name == "tool-end"}
    assert ends["call_1"] == "2"
    assert ends["call_2"] == "1 mile = 1.609344 kilometer"
    assert "Asia/Tokyo" in ends["call_3"]


@pytest.mark.parametrize(
    ("name", "arguments", "shown", "told"),
    [
        ("calculator", {"expression": "1 / 0"}, "Division by zero.", "Division by zero."),
        ("calculator", {}, "The arguments do not fit. expression: Field required.", "expression: Field"),
        ("calculator", {"expression": [1]}, "The arguments do not fit. expression: Input", "valid string"),
        ("clock", {"zone": "Bielefeld"}, "There is no such time zone.", "Names look like"),
        ("telephone", {"number": "1"}, None, "telephone is not a valid tool"),
    ],
)
def test_a_tool_that_fails_is_seen_and_told_to_the_model_which_goes_on(
    site: Site, name: str, arguments: dict[str, Any], shown: str | None, told: str
) -> None:
    site.upstream.enqueue(calls((name, arguments)), Reply("I cannot."))

    with ask(site.visitor(), "Try it") as reading:
        assert reading.end["status"] == "done"

    failed = [event.json["error"] for event in reading.events if event.name == "tool-end"]
    assert [error[: len(shown or "")] for error in failed] == ([shown] if shown else [])
    assert told in site.upstream.requests[1].messages[-1]["content"]
    assert reading.text == "I cannot."


def test_arguments_that_are_no_json_are_told_to_the_model_which_goes_on(site: Site) -> None:
    broken = Reply(ToolCall("calculator", ("6 times 7",)), finish="tool_calls")
    site.upstream.enqueue(broken, calculation("6 * 7"), Reply("42"))

    with ask(site.visitor(), "6 * 7?") as reading:
        assert reading.end["status"] == "done"

    told = site.upstream.requests[1].messages[-1]
    assert told["role"] == "tool"
    assert told["content"] == "The arguments do not fit. expression: Field required."
    assert reading.text == "42"


def test_broken_arguments_beside_good_ones_leave_no_call_without_an_answer(site: Site) -> None:
    both = Reply(
        ToolCall("calculator", ('{"expression": "1 + 1"}',), id="good"),
        ToolCall("calculator", ("one plus one",), id="broken", index=1),
        finish="tool_calls",
    )
    site.upstream.enqueue(both, Reply("2"))

    with ask(site.visitor(), "1 + 1?") as reading:
        assert reading.end["status"] == "done"

    answers = {
        message["tool_call_id"]: message["content"]
        for message in site.upstream.requests[1].messages
        if message["role"] == "tool"
    }
    assert answers == {"good": "2", "broken": "The arguments do not fit. expression: Field required."}


def test_an_agent_that_goes_round_in_circles_is_stopped_in_words(site: Site) -> None:
    site.upstream.enqueue(*[calculation("1 + 1")] * agent.MAX_MODEL_CALLS)
    visitor = site.visitor()

    with ask(visitor, "For ever") as reading:
        end = reading.end

    assert (end["status"], end["error"]["code"]) == ("failed", "too_many_steps")
    assert len(site.upstream.requests) == agent.MAX_MODEL_CALLS
    page = visitor.get(f"/c/{reading.start['conversation']}/").text
    assert end["error"]["message"] in page


def test_a_provider_that_fails_after_a_step_is_told(site: Site) -> None:
    site.upstream.enqueue(calculation("6 * 7"), Failure(401))

    with ask(site.visitor(), "6 * 7?") as reading:
        end = reading.end

    assert (end["status"], end["error"]["code"]) == ("failed", "upstream_auth")
    assert steps(reading)[-1] == ("calculator!", "42")


def test_a_reply_that_breaks_off_after_a_step_is_not_done(site: Site) -> None:
    site.upstream.enqueue(calculation("6 * 7"), Reply("It is", finish=None))

    with ask(site.visitor(), "6 * 7?") as reading:
        end = reading.end

    assert (end["status"], end["error"]["code"]) == ("failed", "upstream_incomplete")
    assert reading.text == "It is"


@pytest.mark.alone
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "flowing"])
def test_stop_closes_the_providers_connection_in_any_step(site: Site, *, silent: bool) -> None:
    more = site.upstream.gate() if silent else EndlessTokens(every=0.001)
    site.upstream.enqueue(calculation("6 * 7"), Reply("It", more))
    visitor = site.visitor()
    with ask(visitor, "6 * 7?") as reading:
        reading.until("token")

        assert visitor.stop(reading.start["run"]).status_code == 204

        assert site.upstream.requests[1].peer_closed.wait(1)
        assert reading.end["status"] == "stopped"


@pytest.mark.alone
def test_stop_in_the_middle_of_a_call_calls_nothing(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply(ToolCall("calculator", ('{"expr',)), gate, finish="tool_calls"))
    visitor = site.visitor()
    with ask(visitor, "6 * 7?") as reading:
        run = reading.start["run"]
        gate.wait_until_reached()

        visitor.stop(run)

        assert site.upstream.requests[0].peer_closed.wait(1)
        assert reading.end["status"] == "stopped"
    assert steps(reading) == []
    assert len(site.upstream.requests) == 1


def test_the_reply_goes_on_when_its_reader_leaves(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(calculation("6 * 7"), Reply("It is ", gate, "42."))
    visitor = site.visitor()
    with ask(visitor, "6 * 7?") as reading:
        reading.until("token")

    gate.open()

    with visitor.follow(reading.start["run"]) as again:
        assert again.end["status"] == "done"
    assert steps(again)[0] == ("calculator?", {"expression": "6 * 7"})
    assert again.text == "It is 42."


def test_it_searches_the_persons_own_documents(site: Site) -> None:
    visitor = upload(site, "garden.txt", b"The tulips are planted in October, near the fence.")
    site.upstream.enqueue(calls(("search_documents", {"query": "tulips"})), Reply("In October."))

    with ask(visitor, "When are the tulips planted?") as reading:
        assert reading.end["status"] == "done"

    assert "October, near the fence" in site.upstream.requests[1].messages[-1]["content"]
    found = reading_of(reading, "documents")["documents"]
    assert "October, near the fence" in found[0]["text"]


def test_it_does_not_find_what_belongs_to_somebody_else(site: Site) -> None:
    upload(site, "garden.txt", b"The tulips are planted in October, near the fence.")
    site.upstream.enqueue(calls(("search_documents", {"query": "tulips"})), Reply("I do not know."))

    with ask(site.visitor(), "When are the tulips planted?") as reading:
        assert reading.end["status"] == "done"

    told = site.upstream.requests[1].messages[-1]["content"]
    assert told == "The user's files have nothing about that."
    assert b"October" not in reading.received


def upload(site: Site, name: str, content: bytes) -> Visitor:
    """A person who has uploaded a file."""
    visitor = site.visitor()
    visitor.get("/")
    headers = {"X-CSRFToken": visitor._token, "Origin": site.url}
    answer = visitor.http.post("/documents/", files={"file": (name, content)}, headers=headers)
    assert answer.status_code == 303, answer.text
    return visitor


def reading_of(reading: Reading, name: str) -> Any:
    return next(event.json for event in reading.events if event.name == name)


def test_who_asks_is_not_among_what_is_sent(site: Site) -> None:
    site.upstream.enqueue(calculation("1 + 1"), Reply("2"))

    with ask(site.visitor(), "1 + 1?") as reading:
        assert reading.end["status"] == "done"

    assert b"guest" not in reading.received
    assert b"visitor" not in reading.received
    assert {event.name for event in reading.events} == {"start", "tool-start", "tool-end", "token", "end"}
    for request in site.upstream.requests:
        assert b"guest" not in request.body


def test_without_the_documents_app_the_search_is_left_out(start_site: SiteStarter, tmp_path: Path) -> None:
    (tmp_path / "no_documents.py").write_text(
        "from chatsite.settings import *\n"
        "INSTALLED_APPS = [name for name in INSTALLED_APPS if name != 'chatsite.documents']\n"
        "CHAT_ASSISTANTS = ['chatsite.assistants.agent']\n"
        "ROOT_URLCONF = 'no_documents_urls'\n"
    )
    (tmp_path / "no_documents_urls.py").write_text(
        "from chatsite import urls\n"
        "from chatsite.urls import handler400, handler403, handler404, handler500\n"
        "urlpatterns = [p for p in urls.urlpatterns if 'documents' not in str(p.pattern)]\n"
    )
    settings = {"DJANGO_SETTINGS_MODULE": "no_documents", "PYTHONPATH": str(tmp_path)}
    site = start_site(settings=settings)
    site.upstream.enqueue(Reply("Hello."))

    with site.visitor().send("Hi") as reading:
        assert reading.end["status"] == "done"

    names = [tool["function"]["name"] for tool in site.upstream.requests[0].json["tools"]]
    assert names == ["calculator", "clock", "convert_units"]


@pytest.mark.alone
def test_a_consumer_who_leaves_the_stream_closes_the_providers_connection(
    configured: ScriptedUpstream,
) -> None:
    configured.enqueue(calculation("6 * 7"), Reply("It", configured.gate()))
    turn = Turn([HumanMessage("6 * 7?")], Asker())

    with stream(agent.build(), agent.assistant.input(turn), include_types=["tool", "chat_model"]) as events:
        seen = []
        for event in events:
            seen.append(type(event))
            if isinstance(event, Token):
                break

    assert seen == [Start, ToolStart, ToolEnd, Token]
    assert configured.requests[1].peer_closed.wait(1)


def test_a_tool_with_a_fault_of_its_own_does_not_end_the_run(
    configured: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        """Breaks."""
        raise RuntimeError("canary")

    monkeypatch.setattr(agent, "tools", lambda: [make_tool(broken)])
    configured.enqueue(calls(("broken", {})), Reply("Sorry."))

    events = list(stream(agent.build(), agent.assistant.input(Turn([HumanMessage("Hi")], Asker()))))

    assert isinstance(end := events[-1], End)
    assert end.status == "done"
    (failed,) = [event for event in events if isinstance(event, ToolEnd)]
    assert failed.error == "The tool failed (RuntimeError)."
    assert "RuntimeError" in configured.requests[1].messages[-1]["content"]
    assert b"canary" not in configured.requests[1].body
    assert "tool broken failed: RuntimeError" in caplog.text
    assert "canary" not in caplog.text
