"""In which pieces a body is handed on."""

import pytest
from pydantic import SecretStr

from streaming.upstream import ChatOpenAI, http_client
from tests.upstream import Gate, Reply, ScriptedUpstream


class Busy:
    """A process that is busy until the server has sent all that comes before the gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def pause(self, most: float) -> float:
        self._gate.wait_until_reached()
        self._gate.open()
        return 0


def test_a_busy_process_takes_what_has_come_meanwhile_as_one(
    upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = upstream.gate()
    words = [f"{number} " for number in range(50)]
    upstream.enqueue(Reply(*words, gate, "end"))
    monkeypatch.setattr("streaming.upstream.arrivals.load", Busy(gate))

    model = ChatOpenAI(
        model="scripted", base_url=upstream.url, api_key=SecretStr("k"), http_client=http_client()
    )

    texts = [text for chunk in model.stream("Hi") if (text := str(chunk.text))]

    assert "".join(texts) == "".join(words) + "end"
    assert len(texts) <= 4
