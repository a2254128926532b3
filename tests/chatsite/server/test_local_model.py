"""The local model lives and dies with its parent. Real processes, and the real model."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatsite.server.local_model import NAME, LocalModel, LocalModelError
from tests.server import ROOT
from tests.waiting import wait_until

pytestmark = pytest.mark.model

# A parent that starts the model, forks as gunicorn does, says which processes there are, and waits.
PARENT = """
import os, subprocess, sys, time
from pathlib import Path
from chatsite.server.local_model import LocalModel
model = LocalModel(log=Path(sys.argv[1]))
model.start()
fork = os.fork()
if fork == 0:
    model.forget()
    time.sleep(3600)
print(model._process.pid, fork, model.url, flush=True)
time.sleep(3600)
"""


def request(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as response:
        return json.load(response)


def gone(pid: int) -> bool:
    """Whether the process has ended. One that nobody has waited for yet counts."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def test_it_answers_under_its_name_on_loopback(local_model: LocalModel) -> None:
    assert local_model.url.startswith("http://127.0.0.1:")
    assert [entry["id"] for entry in request(f"{local_model.url}/models")["data"]] == [NAME]


def test_it_completes_and_keeps_to_the_limit(local_model: LocalModel) -> None:
    body = {"messages": [{"role": "user", "content": "Count to one thousand."}], "max_tokens": 8}
    reply = request(f"{local_model.url}/chat/completions", body)
    assert reply["choices"][0]["message"]["content"]
    assert reply["usage"]["completion_tokens"] <= 8


def test_without_its_key_nobody_is_answered(tmp_path: Path) -> None:
    ask = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    with LocalModel(log=tmp_path / "log", key="canary-key") as model, httpx.Client(trust_env=False) as client:
        address = f"{model.url}/chat/completions"
        assert client.post(address, json=ask, timeout=60).status_code == 401
        with_key = {"Authorization": "Bearer canary-key", "Origin": "https://evil.example"}
        answer = client.post(address, json=ask, headers=with_key, timeout=60)

    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") not in {"*", "https://evil.example"}
    assert "canary-key" not in (tmp_path / "log").read_text()


def test_it_serves_the_api_alone_and_keeps_nothing_but_its_log(tmp_path: Path) -> None:
    ask = {"messages": [{"role": "user", "content": "canary-prompt"}], "max_tokens": 1}
    with LocalModel(log=tmp_path / "log") as model, httpx.Client(trust_env=False) as client:
        assert client.post(f"{model.url}/chat/completions", json=ask, timeout=60).status_code == 200
        base = model.url.removesuffix("/v1")
        assert client.get(f"{base}/").status_code == 404
        assert client.get(f"{base}/slots").status_code >= 400

    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    assert "canary-prompt" not in (tmp_path / "log").read_text()


def test_stop_ends_it_and_may_be_repeated(tmp_path: Path) -> None:
    model = LocalModel(log=tmp_path / "log")
    model.start()
    assert model._process is not None
    pid = model._process.pid
    model.stop()
    model.stop()
    assert gone(pid)
    assert model.url == ""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent_even_if_a_fork_of_that_lives_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child, fork, _ = parent.stdout.readline().split()
        try:
            parent.send_signal(number)
            wait_until(lambda: gone(int(child)), timeout=60)
        finally:
            os.kill(int(fork), signal.SIGKILL)


def test_it_ignores_the_terminals_ctrl_c(local_model: LocalModel) -> None:
    assert local_model._process is not None
    assert os.getpgid(local_model._process.pid) != os.getpgid(0)


def test_without_its_packages_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT)])
    with pytest.raises(LocalModelError, match="make install"):
        LocalModel(log=tmp_path / "log").start()
