"""Runs in a child process: makes of a file an image that can be shown and sent to a model.

The pixels are drawn anew, as large as models look at them, upright, and without what a camera writes beside
them, such as the place. Of an animation it is the first frame. Nothing of Django is loaded here.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from chatsite.images.refusals import Refused

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
"""That are read. No other decoder ever sees the bytes."""
MOST_PIXELS = 64_000_000
"""Of a file: a bomb of a few bytes can unpack to gigabytes. No phone takes more unless it is asked to."""
LONGEST_SIDE = 2048
"""What comes out: models look at no more."""
MOST_BYTES = 1_000_000
"""What comes out: twenty of them are a request to a model."""
_LESS_AND_LESS = (1.0, 0.75, 0.5, 0.25)
_QUALITIES = (88, 75)
_PNG, _JPEG = "image/png", "image/jpeg"
_PHOTOS = ("JPEG", "MPO")
_ORIENTATION = 0x0112
"""The tag of EXIF that says how the camera was held."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """An image that was drawn anew."""

    media_type: str
    width: int
    height: int
    content: bytes


def work(job: dict[str, Any], content: bytes) -> dict[str, Any]:
    """The image that is in a file, or the word why there is none."""
    try:
        drawn = read(content)
    except Refused as exc:
        return {"refused": exc.why}
    except MemoryError:
        return {"refused": "too_much_work"}
    return as_json(drawn)


def as_json(drawn: Drawn) -> dict[str, Any]:
    """As it goes through a pipe, or stands in a file."""
    return {
        "media_type": drawn.media_type,
        "width": drawn.width,
        "height": drawn.height,
        "content": base64.b64encode(drawn.content).decode(),
    }


def read(content: bytes) -> Drawn:
    """Raises `Refused`."""
    try:
        source = Image.open(BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise Refused("too_many_pixels") from None
    except Exception:  # noqa: BLE001 - decoders raise what they like
        raise Refused("no_image") from None
    if source.width * source.height > MOST_PIXELS:
        raise Refused("too_many_pixels")
    try:
        return _drawn(_upright(source), is_photo=source.format in _PHOTOS)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the same
        raise Refused("broken") from None


def _upright(source: Image.Image) -> Image.Image:
    """The pixels, small enough, as they are to be seen."""
    source.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is soonest made small while it is read
    source.load()
    turned = _TURNS.get(source.getexif().get(_ORIENTATION, 1))
    image = _of_eight_bits(source).convert("RGBA" if source.has_transparency_data else "RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image = image if turned is None else image.transpose(turned)
    image.info = {}  # encoders write some of it
    return image


def _of_eight_bits(source: Image.Image) -> Image.Image:
    """Greys of 16 bits would all be white."""
    if not source.mode.startswith("I"):
        return source
    return source.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")


def _drawn(image: Image.Image, *, is_photo: bool) -> Drawn:
    """As PNG, which keeps letters sharp; as JPEG what was one, or would be long."""
    if not is_photo and len(png := _bytes(image, "PNG")) <= MOST_BYTES:
        return Drawn(_PNG, image.width, image.height, png)
    for smaller, content in _jpegs(_on_white(image)):
        if len(content) <= MOST_BYTES:
            return Drawn(_JPEG, smaller.width, smaller.height, content)
    raise Refused("too_much_work")


def _jpegs(image: Image.Image) -> Iterator[tuple[Image.Image, bytes]]:
    """The image, in fewer and fewer bytes."""
    for part in _LESS_AND_LESS:
        size = (max(1, round(image.width * part)), max(1, round(image.height * part)))
        smaller = image if part == 1.0 else image.resize(size, Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            yield smaller, _bytes(smaller, "JPEG", quality=quality)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()
