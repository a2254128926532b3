"""compose.yaml, the Dockerfile, systemd's unit and nginx's files agree with each other and with the site.

No container engine is needed: what they say is read. The same topology is started from this machine's
packages in tests/faults/.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatsite import gunicorn_conf
from chatsite.config.database import database
from chatsite.confined.budgets import READING
from chatsite.documents import embeddings, parsing
from streaming.conf import Conf
from tests.faults.topology import REPLICAS
from tests.server import ROOT, environment
from tests.services.programs import require
from tests.test_docs import CONFIGURATION, first_column

COMPOSE = ROOT / "compose.yaml"
DOCKERFILE = ROOT / "Dockerfile"
NGINX = ROOT / "deploy/nginx"
UNIT = ROOT / "deploy/systemd/chat.service"
ONCE = {"migrate"}
"""Services that do something and end."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return found


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile's, each with its arguments on one line."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, text.splitlines()):
        name, _, rest = line.partition(" ")
        yield name, " ".join(rest.split())


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def copied() -> list[tuple[list[str], str]]:
    """What the Dockerfile copies, and where to."""
    return [(words[:-1], words[-1]) for words in map(str.split, arguments("COPY"))]


# compose.yaml


def test_it_has_two_replicas_and_what_they_need(services: dict[str, Any]) -> None:
    assert set(services) == {"nginx", *REPLICAS, "postgresql", "redis", *ONCE}
    first, second = (services[name] for name in REPLICAS)
    assert first == second


def test_every_service_that_stays_has_a_health_check(services: dict[str, Any]) -> None:
    for name in services.keys() - ONCE:
        assert services[name]["healthcheck"]["test"][0] == "CMD", name
        assert services[name]["restart"] == "unless-stopped", name


def test_images_are_named_without_a_registry_and_with_a_version(services: dict[str, Any]) -> None:
    names = {service["image"] for service in services.values() if "build" not in service}
    names.update(arguments("FROM"))
    for name in names:
        assert re.fullmatch(r"[a-z0-9]+:\d+\.\d+(\.\d+)?-[\w.-]+(@sha256:[0-9a-f]{64})?", name), name


def test_every_variable_of_a_replica_is_one_that_the_site_reads(services: dict[str, Any]) -> None:
    assert set(services["web-1"]["environment"]) <= set(first_column(CONFIGURATION.read_text()))


def test_secrets_are_files_that_no_commit_takes(compose: dict[str, Any], services: dict[str, Any]) -> None:
    files = {name: secret["file"] for name, secret in compose["secrets"].items()}
    assert {Path(path).parent for path in files.values()} == {Path("secrets")}
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    for service in services.values():
        given = {
            name: value for name, value in service.get("environment", {}).items() if name.endswith("_FILE")
        }
        assert sorted(given.values()) == sorted(f"/run/secrets/{name}" for name in service.get("secrets", []))
        assert not service.get("environment", {}).keys() & {name.removesuffix("_FILE") for name in given}
    assert set(services["web-1"]["secrets"]) | set(services["postgresql"]["secrets"]) == files.keys()


def test_no_service_has_rights_or_can_get_some(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "build" in service or service["user"] != "root", name


def test_every_service_has_its_share_of_the_machine(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert int(service["pids_limit"]) > 0, name
        assert bytes_of(service["mem_limit"]) >= READING.memory or "build" not in service, name


def bytes_of(size: str) -> int:
    """A size, as compose files and systemd have it."""
    number, unit = re.fullmatch(r"(\d+)([kmg])", size.lower()).groups()  # type: ignore[union-attr]
    return int(number) << {"k": 10, "m": 20, "g": 30}[unit]


def test_a_replica_may_write_where_the_site_does(services: dict[str, Any]) -> None:
    (created,) = re.findall(r"--uid (\d+)", " ".join(arguments("RUN")))
    (data_dir,) = re.findall(r"DATA_DIR=(\S+)", " ".join(arguments("ENV")))
    (mount,) = [mount for mount in services["web-1"]["tmpfs"] if mount.startswith(f"{data_dir}:")]
    assert f"uid={created}," in mount


def test_replicas_are_given_the_time_that_gunicorn_takes_to_leave(services: dict[str, Any]) -> None:
    grace = int(services["web-1"]["stop_grace_period"].removesuffix("s"))
    assert grace > gunicorn_conf.graceful_timeout


def test_the_stores_can_be_reached_by_the_replicas_only(
    compose: dict[str, Any], services: dict[str, Any]
) -> None:
    for name in ("postgresql", "redis"):
        assert services[name]["networks"] == ["inside"]
        assert "ports" not in services[name]
    assert compose["networks"]["inside"]["internal"] is True
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]


def test_redis_keeps_what_it_has_acknowledged(services: dict[str, Any]) -> None:
    command = services["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"


def test_data_survives_the_containers(compose: dict[str, Any], services: dict[str, Any]) -> None:
    for name in ("postgresql", "redis"):
        (volume,) = services[name]["volumes"]
        assert volume.split(":")[0] in compose["volumes"]


def test_postgresql_has_room_for_all_pools(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://chat:password@postgresql:5432/chat")
    (allowed,) = re.findall(r"max_connections=(\d+)", " ".join(services["postgresql"]["command"]))
    pool = database(data_dir=tmp_path)["OPTIONS"]["pool"]["max_size"]
    migrating, reserved = 1, 3
    assert int(allowed) >= len(REPLICAS) * pool + migrating + reserved


def test_nginx_gets_the_files_that_are_tried(services: dict[str, Any]) -> None:
    mounts = dict(volume.split(":")[:2] for volume in services["nginx"]["volumes"])
    assert mounts == {
        "./deploy/nginx/chat.conf": "/etc/nginx/conf.d/default.conf",
        "./deploy/nginx/chat": "/etc/nginx/chat",
    }
    included = set(re.findall(r"include (\S+);", (NGINX / "chat.conf").read_text()))
    assert included == {str(path.relative_to(NGINX)) for path in (NGINX / "chat").iterdir()}


# nginx


def directive(name: str) -> str:
    (value,) = re.findall(rf"^\s*{name} (.+);$", (NGINX / "chat.conf").read_text(), re.MULTILINE)
    return str(value)


def test_nginx_asks_the_replicas_that_there_are(services: dict[str, Any]) -> None:
    servers = re.findall(r"^server ([\w-]+):(\d+)", (NGINX / "chat/replicas.conf").read_text(), re.MULTILINE)
    (port,) = [value for value in arguments("ENV") if "PORT=" in value]
    assert servers == [(name, re.findall(r"PORT=(\d+)", port)[0]) for name in REPLICAS]


def test_nginx_closes_idle_connections_before_gunicorn_does() -> None:
    seconds = float(directive("keepalive_timeout").removesuffix("s"))
    assert seconds < gunicorn_conf.keepalive


def test_nginx_waits_longer_than_a_stream_is_silent() -> None:
    patience = float(directive("proxy_read_timeout").removesuffix("s"))
    assert patience > 2 * Conf().HEARTBEAT
    # Nothing is stored of an upload that nginx has given up.
    assert patience > parsing.PATIENCE + READING.patience + embeddings.SECONDS


def test_nginx_never_repeats_a_post() -> None:
    assert "non_idempotent" not in directive("proxy_next_upstream")


def test_a_document_fits_through() -> None:
    megabytes = int(directive("client_max_body_size").removesuffix("m"))
    assert megabytes * 1024 * 1024 > 10_000_000


# The image


def test_only_locked_packages_are_installed() -> None:
    installs = [
        command for run in arguments("RUN") for command in run.split(" && ") if "pip install" in command
    ]
    assert len(installs) == 2
    for command in installs:
        assert "--require-hashes" in command
        assert "--no-deps" in command


def test_the_image_runs_as_nobody_in_particular() -> None:
    (user,) = arguments("USER")
    assert user == "chat"
    steps = [name for name, _ in instructions()]
    assert steps.index("USER") < steps.index("CMD")


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    assert let_in == {source for sources, _ in copied() for source in sources}


def test_what_is_copied_suffices_and_leaves_no_secret(tmp_path: Path) -> None:
    image, data = tmp_path / "image", tmp_path / "data"
    for sources, to in copied():
        for source in sources:
            place = image / to / Path(source).name if to.endswith("/") else image / to
            place.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, place)
    data.mkdir()
    (collect,) = [run for run in arguments("RUN") if "collectstatic" in run]
    key, _, command = collect.partition(" ")
    settings = environment(
        data, SECRET_KEY=key.removeprefix("SECRET_KEY="), STATIC_ROOT=str(tmp_path / "collected")
    )

    def run(*words: str) -> None:
        subprocess.run([sys.executable, *words], cwd=image, env=settings, check=True, timeout=120)

    run(*command.split()[1:])
    run("-c", "import chatsite.wsgi, chatsite.urls, chatsite.gunicorn_conf")

    assert (tmp_path / "collected/staticfiles.json").exists()
    assert list(data.iterdir()) == [data / "tmp"]  # what the image has, a file system over it would hide


# systemd


def unit() -> dict[str, list[str]]:
    """The service's directives, each with its values."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """All of it: what systemd does not know, it reads over."""
    (analyze,) = require("systemd-analyze", package="systemd")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/srv/chat/.venv/bin/python", sys.executable))

    verified = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
    # Of ten, in tenths: what is open is the network, which the providers are in, and the file system to read.
    exposed = subprocess.run(
        [analyze, "security", "--offline=yes", "--threshold=20", copy], capture_output=True, check=False
    )

    assert (verified.returncode, verified.stderr) == (0, "")
    assert exposed.returncode == 0, exposed.stdout.decode()


def test_the_unit_starts_what_the_image_starts() -> None:
    (command,) = unit()["ExecStart"]
    (in_the_image,) = arguments("CMD")
    assert command.split()[1:] == json.loads(in_the_image)[1:]


def test_the_unit_gives_the_service_time_to_leave_and_a_place_to_write() -> None:
    directives = unit()
    assert int(directives["TimeoutStopSec"][0]) > gunicorn_conf.graceful_timeout
    assert f"DATA_DIR=/var/lib/{directives['StateDirectory'][0]}" in directives["Environment"]


def test_the_unit_lets_children_limit_themselves_and_die_alone() -> None:
    """They give up time, memory and priority, and the kernel may kill one of them that wants more."""
    directives = unit()
    taken = [value for value in directives["SystemCallFilter"] if value.startswith("~")]
    assert taken == ["~@privileged"]
    assert directives["OOMPolicy"] == ["continue"]
    assert bytes_of(directives["MemoryMax"][0]) > READING.memory
