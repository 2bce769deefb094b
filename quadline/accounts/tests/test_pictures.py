"""Pictures: what becomes a photo, and what is refused before it costs anything."""

import io
import struct
import zlib

import pytest
from PIL import Image

from quadline.accounts import pictures
from quadline.accounts.pictures import (
    MAX_PICTURE_BYTES,
    SIDE,
    PictureRefused,
    square_jpeg,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def halves(size: tuple[int, int]) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    return picture


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG's head with whatever behind it."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *[("JPEG", mode) for mode in ("RGB", "L", "CMYK", "1")],
        *[("PNG", mode) for mode in ("RGB", "L", "P", "RGBA", "LA", "1", "I;16")],
        *[("WEBP", mode) for mode in ("RGB", "RGBA")],
    ],
)
def test_whatever_its_colors_it_becomes_a_square_jpeg(kind: str, mode: str) -> None:
    content = saved(
        halves((900, 600)).convert("L" if mode == "I;16" else mode).convert(mode), kind
    )
    photo = opened(square_jpeg(content))

    assert (photo.format, photo.mode, photo.size) == ("JPEG", "RGB", (SIDE, SIDE))


def test_the_middle_is_kept_and_upright_as_the_phone_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right: left becomes top
    photo = opened(square_jpeg(saved(halves((900, 600)), "JPEG", exif=exif)))
    top, bottom = photo.getpixel((256, 60)), photo.getpixel((256, 450))

    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > top[2]
    assert bottom[2] > 200 > bottom[0]


def test_nothing_but_pixels_is_left() -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home"
    exif.get_ifd(0x8825)[2] = (42.0, 16.0, 0.0)  # where it was taken
    content = saved(
        halves((600, 600)),
        "JPEG",
        exif=exif,
        comment=b"a comment of mine",
        icc_profile=b"a profile of mine" * 20,
    )
    photo = square_jpeg(content + b"<script>behind the end</script>")

    assert b"at home" in content
    for trace in (b"at home", b"mine", b"Exif", b"ICC_PROFILE", b"script", b"http"):
        assert trace not in photo
    assert not opened(photo).getexif()


def test_what_is_transparent_becomes_white() -> None:
    photo = opened(
        square_jpeg(saved(Image.new("RGBA", (600, 600), (0, 0, 0, 0)), "PNG"))
    )

    assert photo.getpixel((256, 256)) == (255, 255, 255)


def test_a_tiny_picture_and_a_thin_one_become_squares() -> None:
    for size in ((1, 1), (3000, 1), (1, 3000)):
        assert opened(square_jpeg(saved(Image.new("RGB", size), "PNG"))).size == (
            SIDE,
            SIDE,
        )


def never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(picture: Image.Image) -> Image.Image:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(pictures, "_square", refuse)


TOO_MUCH = [
    pytest.param(png_of(8000, 5000), id="40 megapixels"),
    pytest.param(png_of(100_000, 100_000), id="a bomb"),
    pytest.param(png_of(2**31 - 1, 2**31 - 1), id="the largest head there is"),
    pytest.param(png_of(20_000, 5_000), id="where Pillow only warns"),
]


@pytest.mark.parametrize("content", TOO_MUCH)
def test_too_many_pixels_are_refused_by_the_head(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_decoded(monkeypatch)
    with pytest.raises(PictureRefused, match="over 25 megapixels"):
        square_jpeg(content)


def test_40_megapixels_of_one_color_in_a_small_file_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never_decoded(monkeypatch)
    content = saved(Image.new("L", (8000, 5000)), "JPEG")
    assert len(content) < 1_000_000
    with pytest.raises(PictureRefused, match="megapixels"):
        square_jpeg(content)


def test_too_many_bytes_are_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    never_decoded(monkeypatch)
    content = saved(Image.new("RGB", (10, 10)), "JPEG") + b"\0" * MAX_PICTURE_BYTES
    with pytest.raises(PictureRefused, match="over 10 MB"):
        square_jpeg(content)


def gif() -> bytes:
    return saved(Image.new("P", (10, 10)), "GIF")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(SVG, id="SVG"),
        pytest.param(b"<?xml version='1.0'?>" + SVG, id="SVG with a declaration"),
        pytest.param(gif(), id="GIF"),
        pytest.param(saved(Image.new("RGB", (10, 10)), "BMP"), id="BMP"),
        pytest.param(saved(Image.new("RGB", (10, 10)), "TIFF"), id="TIFF"),
        pytest.param(b"%PDF-1.7", id="PDF"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="a PNG's first bytes"),
    ],
)
def test_another_kind_is_refused(content: bytes) -> None:
    with pytest.raises(PictureRefused, match=r"not a JPEG, PNG or WebP|damaged"):
        square_jpeg(content)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_moves_is_refused(kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(PictureRefused, match="animated"):
        square_jpeg(content)


def test_of_two_pictures_in_one_jpeg_the_first_is_the_photo() -> None:
    """As phones write them, with a second one for depth or brightness."""
    first, second = Image.new("RGB", (600, 600), "red"), Image.new("RGB", (60, 60))
    content = saved(first, "MPO", save_all=True, append_images=[second])
    pixel = opened(square_jpeg(content)).getpixel((256, 256))

    assert isinstance(pixel, tuple)
    assert pixel[0] > 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_picture_that_was_cut_off_is_refused(kind: str, part: float) -> None:
    noise = Image.effect_noise((700, 700), 80).convert("RGB")
    content = saved(noise, kind)
    with pytest.raises(PictureRefused, match=r"damaged|not a JPEG"):
        square_jpeg(content[: int(len(content) * part)])


def test_pixels_that_unpack_to_far_more_than_the_head_says_are_not_kept() -> None:
    content = png_of(10, 10, zlib.compress(b"\0" * 50_000_000))
    photo = opened(square_jpeg(content))

    assert photo.size == (SIDE, SIDE)


def test_a_jpeg_of_hundreds_of_scans_is_refused() -> None:
    """Each is decoded over the whole picture: minutes of work in a small file."""
    content = saved(halves((600, 600)), "JPEG", progressive=True)
    end = content.rindex(b"\xff\xd9")
    scan = content[content.rindex(b"\xff\xda") : end]
    with pytest.raises(PictureRefused, match="damaged"):
        square_jpeg(content[:end] + scan * 500 + b"\xff\xd9")
