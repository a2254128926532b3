"""Runs in a child process: what it is asked for by `pieces.py`, in JSON. Nothing of Django is loaded."""

from dataclasses import asdict
from typing import Any

from chatsite.chat.rendering import open_block, parser
from chatsite.chat.rendering.parser import References


def work(job: dict[str, Any], content: bytes) -> dict[str, Any]:
    """`{"do": "render"}`, "finish", "open" or "code"; content is the text."""
    text = content.decode("utf-8", "surrogatepass")
    if job["do"] == "open":
        return asdict(open_block.shown(text, job["references"], in_paragraph=job["in_paragraph"]))
    if job["do"] == "code":
        return open_block.code(text, job["info"], job["modes"])
    do = {"render": _rendered, "finish": _finished}[job["do"]]
    return do(text, job["references"])


def _rendered(text: str, references: References) -> dict[str, Any]:
    html, known = parser.render(text, references)
    new = {name: target for name, target in known.items() if name not in references}
    return {"html": html, "references": new}


def _finished(text: str, references: References) -> dict[str, Any]:
    found = parser.final(text)
    done: dict[str, Any] = {"length": found.length, "fence": found.fence, "html": "", "references": {}}
    return done | (_rendered(text[: found.length], references) if found.length else {})
