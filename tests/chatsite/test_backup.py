"""What docs/deployment.md says of backups: made while the site is used, and restored into a new one."""

import shutil
import subprocess
from pathlib import Path

from tests.chatsite.accounts.people import create_account, sign_in
from tests.server import prepare
from tests.services.programs import require
from tests.site import Site, running_site
from tests.upstream import Reply
from tests.visitor import Visitor

KEY = {"SECRET_KEY": "a-key-of-this-site-that-is-kept-with-the-backup"}


def talk(site: Site, visitor: Visitor) -> str:
    """A conversation with a reply; its address."""
    site.upstream.enqueue(Reply("A place for **ships**."))
    with visitor.send("What is a harbour?") as reading:
        assert reading.end["status"] == "done"
        return f"/c/{reading.start['conversation']}/"


def holds(visitor: Visitor, address: str) -> None:
    page = visitor.get(address)
    assert page.status_code == 200
    assert "<strong>ships</strong>" in page.text
    assert address in visitor.get("/search/?q=harbour").text


def copy_of(visitor: Visitor, site: Site) -> Visitor:
    """The same browser, at another address of the site."""
    same = site.visitor()
    same.http.cookies.update(visitor.http.cookies)
    return same


def test_a_backup_of_sqlite_is_a_site_again(tmp_path: Path) -> None:
    (sqlite3,) = require("sqlite3", package="sqlite3")
    here, there = tmp_path / "here", tmp_path / "there"
    prepare(here, **KEY)
    with running_site(here, settings=KEY) as site, site.visitor() as alice:
        create_account(site, "alice")
        sign_in(alice, "alice")
        address = talk(site, alice)
        gate = site.upstream.gate()
        site.upstream.enqueue(Reply("Half", gate, " and half"))
        with alice.send("More?", conversation=address.split("/")[2]) as reading:
            reading.until("token")
            there.mkdir()
            command = f".backup '{there / 'db.sqlite3'}'"
            subprocess.run([sqlite3, str(here / "db.sqlite3"), command], check=True, timeout=60)
            gate.open()
            assert reading.end["status"] == "done"
    shutil.copytree(here / "static", there / "static")

    with running_site(there, settings=KEY) as restored:
        again = copy_of(alice, restored)
        holds(again, address)
        page = again.get(address).text
        assert "More?" in page
        assert "Half" in page
