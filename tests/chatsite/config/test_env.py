"""Each reader takes what is meant, and names the variable and what it expects otherwise."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.config import env

NAME = "SOME_SETTING"
Read = Callable[[], object]


def an_integer() -> int:
    return env.integer(NAME, 7, minimum=1, maximum=9)


def a_flag() -> bool:
    return env.flag(NAME, default=False)


def a_text() -> str:
    return env.text(NAME, "none", pattern=r"\S+", expected="one word")


def a_choice() -> str:
    return env.choice(NAME, "INFO", allowed=("DEBUG", "INFO"))


def an_optional_integer() -> int | None:
    return env.optional_integer(NAME, minimum=1, maximum=9)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (an_integer, "9", 9),
        (an_integer, "  ", 7),
        (an_optional_integer, "", None),
        (an_optional_integer, "3", 3),
        (a_flag, "Yes", True),
        (a_flag, "off", False),
        (a_flag, "", False),
        (a_text, " word ", "word"),
        (a_text, "", "none"),
        (a_choice, "debug", "DEBUG"),
        (lambda: env.seconds(NAME, 5.0), "0.25", 0.25),
        (
            lambda: env.hosts(NAME, ["localhost"]),
            "a.example, [::1] .b.example",
            ["a.example", "[::1]", ".b.example"],
        ),
        (lambda: env.hosts(NAME, ["localhost"]), "", ["localhost"]),
        (lambda: env.origins(NAME), "https://a.example:8443", ["https://a.example:8443"]),
        (lambda: env.url(NAME), "http://127.0.0.1:9/v1/", "http://127.0.0.1:9/v1"),
        (lambda: env.path(NAME, "admin/"), "", "admin/"),
        (lambda: env.path(NAME, "admin/"), "/back/office", "back/office/"),
        (lambda: env.path(NAME, "admin/"), "OFF", ""),
        (lambda: env.secret(NAME), "sk-123", "sk-123"),
        (lambda: env.prose(NAME, "hello"), "", ""),
        (lambda: env.redis_url(NAME), "redis://:pw@a.example:6379/1", "redis://:pw@a.example:6379/1"),
        (lambda: env.redis_url(NAME), "unix:///run/redis.sock", "unix:///run/redis.sock"),
        (lambda: env.redis_url(NAME), "", None),
    ],
)
def test_a_good_value_is_read(
    monkeypatch: pytest.MonkeyPatch, read: Read, value: str, expected: object
) -> None:
    monkeypatch.setenv(NAME, value)
    assert read() == expected


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (an_integer, "10"),
        (an_integer, "0"),
        (an_integer, "1_0"),
        (an_integer, "٣"),
        (an_optional_integer, "many"),
        (a_flag, "maybe"),
        (a_text, "two words"),
        (a_text, "bell\a"),
        (a_choice, "LOUD"),
        (lambda: env.seconds(NAME, 5.0), "0"),
        (lambda: env.seconds(NAME, 5.0), "nan"),
        (lambda: env.seconds(NAME, 5.0), "inf"),
        (lambda: env.seconds(NAME, 5.0), "soon"),
        (lambda: env.models(NAME), "a=b"),
        (lambda: env.models(NAME), "a=511"),
        (lambda: env.models(NAME), "a=9000 =9000"),
        (lambda: env.models(NAME), "a=9000=9000"),
        (lambda: env.hosts(NAME, []), "https://a.example"),
        (lambda: env.hosts(NAME, []), "a.example:8000"),
        (lambda: env.origins(NAME), "a.example"),
        (lambda: env.origins(NAME), "https://a.example/path"),
        (lambda: env.url(NAME), "ftp://a.example"),
        (lambda: env.url(NAME), "http://"),
        (lambda: env.url(NAME), "http://a.example:99999"),
        (lambda: env.path(NAME, "admin/"), "/"),
        (lambda: env.path(NAME, "admin/"), "a b"),
        (lambda: env.path(NAME, "admin/"), "a//b"),
        (lambda: env.path(NAME, "admin/"), "../x"),
        (lambda: env.directory(NAME, "var", base=Path("/")), __file__),
    ],
)
def test_a_bad_value_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, read: Read, value: str
) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=rf"^{NAME} is .*: expected .*\.$"):
        read()


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: env.secret(NAME), "canary with blanks"),
        (lambda: env.secret(NAME, minimum=32), "canary"),
        (lambda: env.secret(NAME), "canary\n"[:6] + "é"),
        (lambda: env.url(NAME), "https://me:canary@a.example/v1"),
        (lambda: env.redis_url(NAME), "http://me:canary@a.example"),
        (lambda: env.redis_url(NAME), "redis://:canary@"),
        (lambda: env.redis_url(NAME), "redis://:canary@a.example:port"),
        (lambda: env.redis_url(NAME), "redis://:can ary@a.example"),
    ],
)
def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch, read: Read, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=NAME) as error:
        read()
    assert "canary" not in str(error.value)


FILE = f"{NAME}_FILE"
SECRETS: list[Read] = [lambda: env.given(NAME), lambda: env.secret(NAME), lambda: env.redis_url(NAME)]


@pytest.mark.parametrize("read", SECRETS)
def test_a_secret_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read: Read) -> None:
    path = tmp_path / "secret"
    path.write_text("\n redis://:pw@a.example \n")
    monkeypatch.setenv(FILE, str(path))

    assert read() == "redis://:pw@a.example"


@pytest.mark.parametrize("read", SECRETS)
@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), (b" \n", "empty"), (b"canary\xff", "not text")],
    ids=["missing", "empty", "bytes"],
)
def test_a_bad_file_is_named_and_nothing_in_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read: Read, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(FILE, str(path))

    with pytest.raises(ImproperlyConfigured) as error:
        read()

    assert str(error.value) == f"{FILE} is '{path}': expected a file with a secret in it ({reason})."


@pytest.mark.parametrize("read", SECRETS)
def test_a_secret_is_given_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read: Read) -> None:
    monkeypatch.setenv(NAME, "canary")
    monkeypatch.setenv(FILE, str(tmp_path / "secret"))

    with pytest.raises(ImproperlyConfigured) as error:
        read()

    assert str(error.value) == f"{NAME} and {FILE} are both set: expected one of them."


def test_models_have_a_context_of_their_own_where_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "ollama:llama3:8b=8192, gpt-x,org/model@v1")
    assert env.models(NAME) == {"ollama:llama3:8b": 8192, "gpt-x": None, "org/model@v1": None}
