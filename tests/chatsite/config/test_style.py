"""The style as it is written: a scale of sizes, and icons."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CSS = sorted((ROOT / "static/css").glob("*.css"))
SIZE = re.compile(r"(?<!-)font(?:-size)?: *([^;]+);")


def test_text_has_one_of_six_sizes() -> None:
    tokens = re.findall(r"--text[\w-]*(?=:)", (ROOT / "static/css/base.css").read_text())
    sizes = {(path.name, size) for path in CSS for size in SIZE.findall(path.read_text())}
    others = {(name, size) for name, size in sizes if not re.match(r"var\(--text|inherit|[\d.]+em$", size)}
    assert len(tokens) == 6
    assert not others


def test_each_icon_is_drawn_and_used() -> None:
    drawn = re.findall(r'<symbol id="(\w+)" viewBox="0 0 20 20">', (ROOT / "static/icons.svg").read_text())
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    used = re.findall(r'{% icon "(\w+)" %}| icon="(\w+)"', templates)
    assert sorted(drawn) == sorted({here or included for here, included in used})
