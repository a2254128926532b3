"""What the child makes of a file: an image that is drawn anew, or the word why not."""

from typing import Any

import pytest
from PIL import Image

from chatsite.images import pictures, reading
from chatsite.images.pictures import Unreadable
from chatsite.images.reading import LONGEST_SIDE, MOST_BYTES, MOST_PIXELS, read
from chatsite.images.refusals import Refused
from tests.chatsite.images.files import bomb, image, is_red, noise, opened, written

CANARY = "52.5200N-canary"


def why_not(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read(content)
    return refused.value.why


USUAL = {
    "PNG": ("RGB", "L", "P", "1", "RGBA"),
    "JPEG": ("RGB", "L", "1", "CMYK"),
    "WEBP": ("RGB", "L", "P", "1", "RGBA"),
    "GIF": ("RGB", "L", "P", "1", "RGBA"),
}
"""Formats, and how pixels are kept in each."""


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind in USUAL for mode in USUAL[kind]])
def test_all_usual_images_are_drawn_anew(kind: str, mode: str) -> None:
    drawn = read(image(kind=kind, mode=mode))

    assert (drawn.width, drawn.height) == (60, 40)
    assert drawn.media_type == ("image/jpeg" if kind == "JPEG" else "image/png")
    assert opened(drawn.content).format == drawn.media_type.removeprefix("image/").upper()
    if mode not in {"L", "1"}:
        assert is_red(drawn.content, 5, 20)
        assert not is_red(drawn.content, 55, 20)


def test_a_large_image_is_made_as_small_as_models_look_at_it() -> None:
    drawn = read(noise((3000, 2400), kind="JPEG"))

    assert max(drawn.width, drawn.height) <= LONGEST_SIDE
    assert drawn.width / drawn.height == pytest.approx(3000 / 2400, rel=0.01)
    assert len(drawn.content) <= MOST_BYTES


def test_what_would_be_a_long_png_becomes_a_jpeg() -> None:
    assert read(noise((1500, 1500))).media_type == "image/jpeg"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright(orientation: int) -> None:
    """Each way of holding a camera: the file's pixels are turned so that all are the same picture."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    seen = Image.new("RGB", (60, 40), "blue")
    seen.paste("red", (0, 0, 20, 15))  # at the top, on the left
    held = seen.transpose(turns[orientation]) if orientation in turns else seen
    exif = Image.Exif()
    exif[0x0112] = orientation

    drawn = read(written(held, "JPEG", exif=exif, quality=95))

    assert (drawn.width, drawn.height) == (60, 40)
    assert [is_red(drawn.content, x, y) for x, y in ((5, 5), (55, 5), (5, 35), (55, 35))] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_a_camera_wrote_beside_the_pixels_is_gone(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = CANARY
    exif.get_ifd(0x8825)[29] = CANARY
    options: dict[str, Any] = {"comment": CANARY.encode()} if kind == "JPEG" else {}
    sent = image(kind=kind, exif=exif, icc_profile=CANARY.encode(), xmp=CANARY.encode(), **options)
    assert CANARY.encode() in sent

    drawn = read(sent)

    assert CANARY.encode() not in drawn.content
    assert not opened(drawn.content).getexif()
    assert not {"icc_profile", "exif", "xmp", "comment"} & opened(drawn.content).info.keys()


def test_a_grey_of_sixteen_bits_stays_that_grey() -> None:
    drawn = read(written(Image.new("I;16", (8, 8), 0x8000), "PNG"))

    assert opened(drawn.content).convert("RGB").getpixel((0, 0)) == (128, 128, 128)


def test_an_animation_is_its_first_frame() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    sent = written(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert is_red(read(sent).content, 10, 10)


def test_holes_stay_holes_or_are_white() -> None:
    holes = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert opened(read(written(holes, "PNG")).content).mode == "RGBA"

    noisy = Image.effect_noise((1500, 1500), 90).convert("RGBA")
    noisy.paste((0, 0, 0, 0), (0, 0, 200, 200))
    drawn = read(written(noisy, "PNG"))

    assert drawn.media_type == "image/jpeg"
    assert opened(drawn.content).convert("L").getpixel((20, 20)) > 250  # type: ignore[operator]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\x89PNG\r\n\x1a\n",
        b"\0\0\0\x18ftypheic" + b"\0" * 64,
        written(Image.new("RGB", (4, 4)), "BMP"),
        written(Image.new("RGB", (4, 4)), "TIFF"),
        written(Image.new("RGB", (4, 4)), "ICO"),
    ],
    ids=["empty", "pdf", "svg", "head", "heic", "bmp", "tiff", "ico"],
)
def test_other_files_are_no_images_whatever_they_are_called(content: bytes) -> None:
    assert why_not(content) == "no_image"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_half_a_file_is_broken(kind: str) -> None:
    whole = noise((200, 200), kind=kind)

    assert why_not(whole[: len(whole) // 2]) in {"broken", "no_image"}


@pytest.mark.parametrize("size", [(30_000, 30_000), (1_000_000, 100), (8_001, 8_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    assert size[0] * size[1] > MOST_PIXELS
    assert why_not(bomb(*size)) in {"too_many_pixels", "no_image"}


def test_the_most_pixels_are_read_within_the_childs_budget() -> None:
    big = written(Image.new("RGBA", (8_000, 8_000)), "PNG")

    drawn = pictures.draw("big.png", big, digest="")

    assert (drawn.width, drawn.height) == (LONGEST_SIDE, LONGEST_SIDE)


def test_a_child_says_why_a_file_cannot_be_taken() -> None:
    with pytest.raises(Unreadable, match="Only images in PNG, JPEG, WebP or GIF") as refused:
        pictures.draw("notes.png", b"Tea.", digest="")

    assert (refused.value.status, refused.value.code) == (415, "unreadable")


def test_a_name_can_be_shown() -> None:
    assert pictures.shown_name("a\u202egnp.exe\0\n" + "x" * 300)[-5:] == "xxxxx"
    assert pictures.shown_name("\u202e\n") == "Image"
    assert reading.work({}, b"Tea.") == {"refused": "no_image"}
