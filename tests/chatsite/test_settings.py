"""What the environment makes of the settings, each time in a fresh process."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.server import ROOT, environment

SHOW = """
import json, sys
from chatsite import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def run(data_dir: Path, *names: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", SHOW, *names]
    return subprocess.run(
        command, cwd=ROOT, env=environment(data_dir, **settings), capture_output=True, text=True, check=False
    )


def read(data_dir: Path, *names: str, **settings: str) -> dict[str, Any]:
    done = run(data_dir, *names, **settings)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_with_nothing_set_the_site_is_safe(tmp_path: Path) -> None:
    cookies = {
        f"{kind}_COOKIE_{name}": value
        for kind in ("SESSION", "CSRF")
        for name, value in (("HTTPONLY", True), ("SAMESITE", "Lax"))
    }
    names = ("DEBUG", "ALLOWED_HOSTS", "CHAT_ALLOW_GUESTS", "HOST")
    assert read(tmp_path, *names, *cookies) == cookies | {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]", socket.gethostname().lower()],
        "CHAT_ALLOW_GUESTS": False,
        "HOST": "127.0.0.1",
    }


def test_with_https_browsers_guard_the_key_of_a_guest(tmp_path: Path) -> None:
    assert read(tmp_path, "GUEST_COOKIE_NAME", "SESSION_COOKIE_SECURE", CHAT_HTTPS="1") == {
        "GUEST_COOKIE_NAME": "__Host-guest",
        "SESSION_COOKIE_SECURE": True,
    }


def test_the_secret_key_stays_the_same_and_is_the_owners_only(tmp_path: Path) -> None:
    first, second = (read(tmp_path, "SECRET_KEY")["SECRET_KEY"] for _ in range(2))
    assert first == second
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_a_secret_key_that_is_given_leaves_no_file(tmp_path: Path) -> None:
    assert read(tmp_path, "SECRET_KEY", SECRET_KEY="k" * 50) == {"SECRET_KEY": "k" * 50}
    assert not (tmp_path / "secret-key").exists()


@pytest.mark.parametrize(
    ("settings", "local"),
    [
        ({}, True),
        ({"OPENAI_API_KEY": "", "CHAT_MODEL": " "}, True),
        ({"OPENAI_API_KEY": "sk-1"}, False),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, False),
        ({"CHAT_MODEL": "anthropic:claude"}, False),
        ({"CHAT_MODELS": "gpt-x"}, False),
    ],
)
def test_the_local_model_answers_unless_another_is_named(
    tmp_path: Path, settings: dict[str, str], local: bool
) -> None:
    found = read(tmp_path, "CHAT_LOCAL_MODEL", "CHAT_MAX_TOKENS", **settings)
    assert found == {"CHAT_LOCAL_MODEL": local, "CHAT_MAX_TOKENS": 512 if local else None}


def test_sqlite_lies_in_the_data_directory_and_takes_its_locks_at_once(tmp_path: Path) -> None:
    database = read(tmp_path, "DATABASES")["DATABASES"]["default"]
    assert database["NAME"] == str(tmp_path / "db.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["CONN_MAX_AGE"] == 0


def test_postgresql_is_taken_from_the_address(tmp_path: Path) -> None:
    found = read(tmp_path, "DATABASES", DATABASE_URL="postgres://me:pw@db.example:5433/chat")
    database = found["DATABASES"]["default"]
    assert (database["ENGINE"], database["HOST"], database["PORT"]) == (
        "chatsite.config.postgresql",
        "db.example",
        5433,
    )


def test_postgresql_has_a_pool_of_the_size_that_is_set(tmp_path: Path) -> None:
    address = "postgres://me:pw@db.example/chat?sslmode=require"
    found = read(tmp_path, "DATABASES", DATABASE_URL=address, DATABASE_POOL_SIZE="7")
    database = found["DATABASES"]["default"]
    assert database["OPTIONS"]["pool"]["max_size"] == 7
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["CONN_MAX_AGE"] == 0


def test_redis_is_taken_from_the_address(tmp_path: Path) -> None:
    address = "rediss://:pw@redis.example:6380/0"
    assert read(tmp_path, "STREAMING", REDIS_URL=address)["STREAMING"]["REDIS_URL"] == address
    assert read(tmp_path, "STREAMING", REDIS_URL=" ")["STREAMING"]["REDIS_URL"] is None


def test_behind_https_the_cookies_are_secure(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    assert set(read(tmp_path, *names, CHAT_HTTPS="1").values()) == {True}
    assert set(read(tmp_path, *names).values()) == {False}


@pytest.mark.parametrize(
    "settings",
    [
        {"STREAM_IDLE_TIMEOUT": "-1"},
        {"STREAM_MAX_STREAMS": "0"},
        {"DEBUG": "maybe"},
        {"CHAT_MODEL": "two words"},
        {"LOG_LEVEL": "LOUD"},
        {"HOST": "http://127.0.0.1"},
        {"DATABASE_URL": "canary://me:canary@db.example/chat"},
        {"DATABASE_POOL_SIZE": "1", "DATABASE_URL": "postgres://me:canary@db.example/chat"},
        {"REDIS_URL": "http://:canary@redis.example"},
        {"REDIS_URL": "redis://:canary@/0"},
        {"SECRET_KEY": "canary"},
        {"OPENAI_API_KEY": "canary with blanks"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_bad_setting_is_named_and_no_secret_is_shown(tmp_path: Path, settings: dict[str, str]) -> None:
    done = run(tmp_path, **settings)
    assert done.returncode != 0
    last_line = done.stderr.strip().splitlines()[-1]
    assert next(iter(settings)) in last_line
    assert "expected" in last_line
    assert "canary" not in done.stderr


SECRETS = {
    "SECRET_KEY": "canary" * 10,
    "OPENAI_API_KEY": "sk-canary",
    "DATABASE_URL": "postgres://me:canary@db.example/chat",
    "REDIS_URL": "redis://:canary@redis.example:6379/0",
}


def test_a_secret_in_a_file_is_as_good_as_one_in_the_environment(tmp_path: Path) -> None:
    files = {f"{name}_FILE": str(tmp_path / name) for name in SECRETS}
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"\n{value} \n")

    names = ("SECRET_KEY", "OPENAI_API_KEY", "CHAT_LOCAL_MODEL", "DATABASES", "STREAMING")
    assert read(tmp_path, *names, **files) == read(tmp_path, *names, **SECRETS)
    assert read(tmp_path, *names, **files)["OPENAI_API_KEY"] == "sk-canary"
    assert not (tmp_path / "secret-key").exists()


def test_deployed_behind_https_django_has_nothing_to_say(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment(tmp_path, CHAT_HTTPS="1", ALLOWED_HOSTS="chat.example.org"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
