"""People with accounts."""

import subprocess
import sys

from tests.server import ROOT, environment
from tests.site import Site
from tests.visitor import Visitor

PASSWORD = "canary-password"


def manage(site: Site, *command: str, **settings: str) -> str:
    """Run a management command on the site's data, and return what it says."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(site.data_dir, **settings),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def create_account(site: Site, name: str, password: str = PASSWORD) -> None:
    manage(
        site,
        # Without the system checks, which load LangChain: seconds of a core for each account.
        *("createsuperuser", "--skip-checks", "--noinput", "--username", name),
        *("--email", f"{name}@example.org"),
        DJANGO_SUPERUSER_PASSWORD=password,
    )


def sign_in(visitor: Visitor, name: str, password: str = PASSWORD) -> None:
    visitor.get("/accounts/login/")
    answer = visitor.post("/accounts/login/", {"username": name, "password": password})
    assert answer.status_code == 302, answer.text
    visitor._token = visitor.http.cookies["csrftoken"]  # that of the new session


def sign_out(visitor: Visitor) -> None:
    assert visitor.post("/accounts/logout/").status_code == 302
    visitor._token = visitor.http.cookies["csrftoken"]
