"""Draws static/icons/: the site's sign, as static/favicon.svg has it, for where a browser installs the site:
`python -m tests.icons`. `tests/test_icons.py` holds the files up to date.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parents[1] / "static/icons"
GREEN, PAPER = (31, 95, 91), (251, 250, 247)
SIDE = 32
"""Of the sign's own coordinates."""
CENTRE = (16.0, 16.5)
"""Of what is drawn in them."""
BUBBLE = (2, 3, 28, 21, 5)
TAIL = ((7, 23), (7, 30), (14, 24))
LINES = ((8, 9, 16, 2.4, 1.2), (8, 14, 11, 2.4, 1.2), (21, 13.4, 2.4, 3.6, 0.6))
"""Rectangles with round corners: left, top, width, height, radius."""

Plane = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Icon:
    """A picture of so many pixels a side."""

    size: int
    scale: float = 1.0
    """Of the sign, within it."""
    is_filled: bool = False
    """Whether it has no transparent part: systems cut it out in a form of their own."""


ICONS = {
    "app-192.png": Icon(192),
    "app-512.png": Icon(512),
    # What is within four fifths of the width is never cut off: https://www.w3.org/TR/appmanifest/#icon-masks
    "app-maskable-512.png": Icon(512, scale=0.64, is_filled=True),
    "apple-touch-icon.png": Icon(180, scale=0.74, is_filled=True),
}


def drawn(icon: Icon) -> NDArray[np.uint8]:
    """The picture's pixels: red, green, blue, and how opaque."""
    pixel = SIDE / icon.size / icon.scale
    at = (np.arange(icon.size) + 0.5 - icon.size / 2) * pixel
    x, y = np.meshgrid(at + CENTRE[0], at + CENTRE[1])
    bubble = np.maximum(_covered(_rectangle(x, y, *BUBBLE), pixel), _covered(_triangle(x, y, *TAIL), pixel))
    lines = np.max([_covered(_rectangle(x, y, *line), pixel) for line in LINES], axis=0)
    sign, ground = (PAPER, GREEN) if icon.is_filled else (GREEN, PAPER)
    opaque = np.ones_like(bubble) if icon.is_filled else bubble
    shown = bubble - np.minimum(bubble, lines)
    colours = [ground[part] + (sign[part] - ground[part]) * _share(shown, opaque) for part in range(3)]
    return np.stack([*colours, 255 * opaque], axis=-1).round().astype(np.uint8)


def _share(shown: Plane, opaque: Plane) -> Plane:
    """Of what is seen at all of a pixel."""
    share: Plane = np.divide(shown, opaque, out=np.zeros_like(shown), where=opaque > 0)
    return share


def _covered(distance: Plane, pixel: float) -> Plane:
    """How much of a pixel is within an edge that is so far away."""
    covered: Plane = np.clip(0.5 - distance / pixel, 0, 1)
    return covered


def _rectangle(
    x: Plane, y: Plane, left: float, top: float, width: float, height: float, radius: float
) -> Plane:
    """The distance to its edge; less than nothing inside."""
    across = np.abs(x - left - width / 2) - width / 2 + radius
    along = np.abs(y - top - height / 2) - height / 2 + radius
    outside = np.hypot(np.maximum(across, 0), np.maximum(along, 0))
    distance: Plane = outside + np.minimum(np.maximum(across, along), 0) - radius
    return distance


def _triangle(x: Plane, y: Plane, *corners: tuple[float, float]) -> Plane:
    """The same for three corners, named against the clock."""
    edges = zip(corners, corners[1:] + corners[:1], strict=True)
    sides = [
        ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / np.hypot(bx - ax, by - ay)
        for (ax, ay), (bx, by) in edges
    ]
    distance: Plane = np.max(sides, axis=0)
    return distance


def png(pixels: NDArray[np.uint8]) -> bytes:
    """https://www.w3.org/TR/png-3/, each line as the difference to the one above."""
    above = np.vstack([np.zeros_like(pixels[:1]), pixels[:-1]])
    lines = (pixels - above).reshape(len(pixels), -1)
    data = zlib.compress(b"".join(b"\2" + line.tobytes() for line in lines), 9)
    head = struct.pack(">IIBBBBB", *pixels.shape[1::-1], 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, icon in ICONS.items():
        (FOLDER / name).write_bytes(png(drawn(icon)))


if __name__ == "__main__":
    main()
