"""The committed pictures are what `python -m tests.icons` draws."""

import struct
import zlib

import pytest

from tests.icons import FOLDER, ICONS, drawn, png


def content(picture: bytes) -> tuple[bytes, bytes]:
    """What is in a picture, however it was compressed: its head and its lines."""
    size = struct.unpack(">I", picture[33:37])[0]
    return picture[:33], zlib.decompress(picture[41 : 41 + size])


@pytest.mark.parametrize("name", ICONS)
def test_a_picture_is_what_is_drawn(name: str) -> None:
    assert content((FOLDER / name).read_bytes()) == content(png(drawn(ICONS[name])))


@pytest.mark.parametrize("name", ["app-maskable-512.png", "apple-touch-icon.png"])
def test_what_systems_cut_out_has_no_transparent_part(name: str) -> None:
    assert drawn(ICONS[name])[..., 3].min() == 255


def test_nothing_of_the_sign_is_cut_off_with_a_mask() -> None:
    icon = ICONS["app-maskable-512.png"]
    pixels = drawn(icon)
    middle = icon.size / 2
    far = [
        (x, y)
        for y, x in zip(*(pixels[..., 0] != pixels[0, 0, 0]).nonzero(), strict=True)
        if (x + 0.5 - middle) ** 2 + (y + 0.5 - middle) ** 2 > (0.4 * icon.size) ** 2
    ]
    assert far == []
