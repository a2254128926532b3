"""What is said in a terminal, in its language: where the site cannot start, and what commands print.

Settings are read before Django can translate anything, and the gunicorn master never imports Django. So this
asks nobody but the environment, as other programs do, and the site's own catalog.
"""

import gettext
import os
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_SAME = {"zh": "zh_Hans", "zh_CN": "zh_Hans", "zh_SG": "zh_Hans"}


def say(sentence: str) -> str:
    """The sentence in the terminal's language; in English where there is no catalog of that."""
    return _catalog(_folder()).gettext(sentence)


def to_say(sentence: str) -> str:
    """Mark a sentence that is translated when it is said. (Django's own mark looks at the settings.)"""
    return sentence


def language() -> str:
    """The terminal's language as Django names it."""
    return (_folder() or "en").replace("_", "-").lower()


def _folder() -> str:
    """The folder of the terminal's language. "" for English, and for those that there are no catalogs of."""
    wanted = next(filter(None, map(os.environ.get, _VARIABLES)), "")
    for name in wanted.split(":"):
        place = name.partition(".")[0].partition("@")[0]
        for folder in (_SAME.get(place, place), place.partition("_")[0]):
            if folder == "en":
                return ""
            if folder and (LOCALE / folder).is_dir():
                return folder
    return ""


@cache
def _catalog(folder: str) -> gettext.NullTranslations:
    return gettext.translation("django", LOCALE, [folder], fallback=True)
