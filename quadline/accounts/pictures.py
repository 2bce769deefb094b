"""A picture that somebody uploads becomes a small square one, made from its pixels
only. No database here.

What is too large or of another kind is refused by its head, before a pixel is decoded.
"""

import io
import threading

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PICTURE_BYTES = 10_000_000
# Phones take 12 or 24 megapixels. Decoded, 25 are 100 MB with transparency.
MAX_PIXELS = 25_000_000
SIDE = 512  # pixels; the largest face on a screen is 128, and screens have 3 for each
QUALITY = 85
# By what a file is, not by its name. No SVG: it can hold scripts. A phone that puts two
# pictures into one JPEG makes what Pillow calls MPO; the first is the photo.
KINDS = ("JPEG", "PNG", "WEBP")
MOVING_KINDS = frozenset({"PNG", "WEBP"})
KEPT = "Your photo was not changed."
TOO_MANY_BYTES = (
    f"This file is over {MAX_PICTURE_BYTES // 1_000_000} MB. {KEPT} Choose a smaller"
    " one."
)
OTHER_KIND = f"This is not a JPEG, PNG or WebP picture. {KEPT} Save it as a JPEG."
TOO_MANY_PIXELS = (
    f"This picture has over {MAX_PIXELS // 1_000_000} megapixels. {KEPT} Crop it or"
    " save it smaller."
)
IS_MOVING = f"This picture is animated. {KEPT} Choose one that does not move."
IS_DAMAGED = f"This picture is damaged and could not be read. {KEPT} Choose another."
# A progressive JPEG has about ten; each is decoded over the whole picture, so that a
# small file of thousands costs minutes.
MAX_SCANS = 100
JPEG_START = b"\xff\xd8"
START_OF_SCAN = b"\xff\xda"  # never within the data of a scan (ITU-T T.81, B.1.1.5)
# One at a time: each may take 100 MB, and a process has ten threads.
_decoding = threading.Lock()


class PictureRefused(ValueError):
    """Nothing was stored; the message says why, in plain words."""


def square_jpeg(content: bytes) -> bytes:
    """The middle of a picture as a JPEG of ``SIDE`` pixels, without any metadata.

    Raises PictureRefused.
    """
    if len(content) > MAX_PICTURE_BYTES:
        raise PictureRefused(TOO_MANY_BYTES)
    if content.startswith(JPEG_START) and content.count(START_OF_SCAN) > MAX_SCANS:
        raise PictureRefused(IS_DAMAGED)
    with _decoding:
        picture = _opened(content)
        try:
            square = _square(picture)
        # What decoders raise for damage differs by kind, and is not documented.
        except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
            raise PictureRefused(IS_DAMAGED) from error
    written = io.BytesIO()
    square.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()


def _opened(content: bytes) -> Image.Image:
    """Its head is read, and nothing decoded."""
    try:
        picture = Image.open(io.BytesIO(content), formats=KINDS)
    except UnidentifiedImageError as error:
        raise PictureRefused(OTHER_KIND) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused(TOO_MANY_PIXELS) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PictureRefused(IS_DAMAGED) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureRefused(TOO_MANY_PIXELS)
    if picture.format in MOVING_KINDS and getattr(picture, "is_animated", False):
        raise PictureRefused(IS_MOVING)
    return picture


def _square(picture: Image.Image) -> Image.Image:
    # A JPEG can be decoded at a part of its size; others take no notice.
    picture.draft("RGB", (SIDE, SIDE))
    upright = ImageOps.exif_transpose(picture)
    plain = _on_white(upright)
    fitted = ImageOps.fit(plain, (SIDE, SIDE), Image.Resampling.LANCZOS)
    # Comments and color profiles would go along with the old one.
    square = Image.new("RGB", fitted.size)
    square.paste(fitted)
    return square


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    with_alpha = picture.convert("RGBA")
    white = Image.new("RGBA", with_alpha.size, "white")
    return Image.alpha_composite(white, with_alpha).convert("RGB")
