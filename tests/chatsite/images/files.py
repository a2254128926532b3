"""Image files, made for tests."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image


def image(size: tuple[int, int] = (60, 40), *, kind: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    """A file with an image whose left half is red, and whose right half is blue."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste("red", (0, 0, size[0] // 2, size[1]))
    return written(drawn.convert(mode), kind, **options)


def noise(size: tuple[int, int], *, kind: str = "PNG", **options: Any) -> bytes:
    """A file that no format makes small."""
    return written(Image.effect_noise(size, 90).convert("RGB"), kind, **options)


def written(drawn: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    drawn.save(file, kind, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def is_red(content: bytes, x: int, y: int) -> bool:
    """Whether that pixel is more red than blue."""
    red, _, blue = opened(content).convert("RGB").getpixel((x, y))  # type: ignore[misc]
    return bool(red > blue)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
