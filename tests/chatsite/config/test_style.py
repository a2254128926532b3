"""The style as it is written: a scale of sizes."""

import re
from pathlib import Path

CSS = sorted((Path(__file__).resolve().parents[3] / "static/css").glob("*.css"))
SIZE = re.compile(r"(?<!-)font(?:-size)?: *([^;]+);")


def test_text_has_one_of_six_sizes() -> None:
    tokens = re.findall(r"--text[\w-]*(?=:)", (CSS[0].parent / "base.css").read_text())
    sizes = {(path.name, size) for path in CSS for size in SIZE.findall(path.read_text())}
    others = {(name, size) for name, size in sizes if not re.match(r"var\(--text|inherit|[\d.]+em$", size)}
    assert len(tokens) == 6
    assert not others
