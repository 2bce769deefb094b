"""A picture that somebody uploads becomes a small square one, made from its pixels
only. No database here.
"""

import io

from PIL import Image, ImageOps

from quadline.pictures import PictureFault, PictureLimits, UnusablePicture, draw_again

MAX_PICTURE_BYTES = 10_000_000
# Phones take 12 or 24 megapixels. Decoded, 25 are 100 MB with transparency.
MAX_PIXELS = 25_000_000
LIMITS_OF_PHOTO = PictureLimits(MAX_PICTURE_BYTES, MAX_PIXELS)
SIDE = 512  # pixels; the largest face on a screen is 128, and screens have 3 for each
QUALITY = 85
MOVING_KINDS = frozenset({"PNG", "WEBP"})
KEPT = "Your photo was not changed."
PHOTO_REFUSALS = {
    PictureFault.TOO_MANY_BYTES: (
        f"This file is over {MAX_PICTURE_BYTES // 1_000_000} MB. {KEPT} Choose a"
        " smaller one."
    ),
    PictureFault.OTHER_KIND: (
        f"This is not a JPEG, PNG or WebP picture. {KEPT} Save it as a JPEG."
    ),
    PictureFault.TOO_MANY_PIXELS: (
        f"This picture has over {MAX_PIXELS // 1_000_000} megapixels. {KEPT} Crop it or"
        " save it smaller."
    ),
    PictureFault.MOVING: (
        f"This picture is animated. {KEPT} Choose one that does not move."
    ),
    PictureFault.DAMAGED: (
        f"This picture is damaged and could not be read. {KEPT} Choose another."
    ),
}


class PictureRefused(ValueError):
    """Nothing was stored; the message says why, in plain words."""


def square_jpeg(content: bytes) -> bytes:
    """The middle of a picture as a JPEG of ``SIDE`` pixels, without any metadata.

    Raises PictureRefused.
    """
    try:
        square = draw_again(content, LIMITS_OF_PHOTO, _square)
    except UnusablePicture as unusable:
        raise PictureRefused(PHOTO_REFUSALS[unusable.fault]) from unusable
    written = io.BytesIO()
    square.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()


def _square(picture: Image.Image) -> Image.Image:
    if picture.format in MOVING_KINDS and getattr(picture, "is_animated", False):
        raise UnusablePicture(PictureFault.MOVING)
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
