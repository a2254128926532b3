"""The environment of the tests: none of the developer's own settings, and a data directory that goes away.

Loaded with `-p` (pyproject.toml), because pytest-django reads Django's settings before any conftest.
"""

import atexit
import os
import tempfile

from hypothesis import settings

OURS = ("CHAT_", "DOCUMENT", "EMBEDDING_", "OPENAI_", "STREAM_")
"""How the names of the site's variables begin; the others are below."""
OTHERS = {
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_POOL_SIZE",
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DEBUG",
    "HOST",
    "LANGUAGE_CODE",
    "LOG_LEVEL",
    "PORT",
    "REDIS_URL",
    "REDIS_URL_FILE",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
}
PROXIES = {"ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}

for name in list(os.environ):
    if name.startswith(OURS) or name in OTHERS or name.upper() in PROXIES:
        del os.environ[name]

# Whatever the developer's terminal speaks (chatsite/config/terminal.py).
os.environ["LANGUAGE"] = "en"

# A run of the tests over other stores than usual (tests/streaming/log/test_other_stores.py).
for name in ("DATABASE_URL", "REDIS_URL"):
    if chosen := os.environ.get(f"TESTS_{name}"):
        os.environ[name] = chosen

_data_dir = tempfile.TemporaryDirectory(prefix="chatsite-tests-")
atexit.register(_data_dir.cleanup)
os.environ["DATA_DIR"] = _data_dir.name

# A busy machine is no fault of the code's. With CI set, Hypothesis tries the same examples each time.
settings.register_profile(
    "tests", settings.get_profile("ci" if os.environ.get("CI") else "default"), deadline=None
)
settings.load_profile("tests")
