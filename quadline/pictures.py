"""A picture that somebody uploads, drawn again from its pixels within bounds.

What is too large or of another kind is refused by its head, before a pixel is decoded.
"""

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from PIL import Image, UnidentifiedImageError

# By what a file is, not by its name. No SVG: it can hold scripts. A phone that puts two
# pictures into one JPEG makes what Pillow calls MPO; the first is the picture.
PICTURE_KINDS = ("JPEG", "PNG", "WEBP")
# A progressive JPEG has about ten; each is decoded over the whole picture, so that a
# small file of thousands costs minutes.
MAX_SCANS = 100
JPEG_START = b"\xff\xd8"
START_OF_SCAN = b"\xff\xda"  # never within the data of a scan (ITU-T T.81, B.1.1.5)
# What decoders raise for damage differs by kind, and is not documented.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, MemoryError)
# One at a time: each may take 100 MB, and a process has ten threads.
_decoding = threading.Lock()


class PictureFault(Enum):
    """Why a picture cannot be used."""

    TOO_MANY_BYTES = auto()
    OTHER_KIND = auto()
    TOO_MANY_PIXELS = auto()
    MOVING = auto()
    DAMAGED = auto()


class UnusablePicture(Exception):
    """Nothing was drawn."""

    def __init__(self, fault: PictureFault) -> None:
        super().__init__(fault.name)
        self.fault = fault


@dataclass(frozen=True)
class PictureLimits:
    """Of one file."""

    byte_count: int
    pixel_count: int


def draw_again(
    content: bytes,
    limits: PictureLimits,
    draw: Callable[[Image.Image], Image.Image],
) -> Image.Image:
    """What ``draw`` makes of a picture whose head is within the limits.

    ``draw`` should end on a new ground: an old one has its texts, places and profiles
    with it. Raises UnusablePicture.
    """
    # In this order: each look costs more than the one before it.
    if len(content) > limits.byte_count:
        raise UnusablePicture(PictureFault.TOO_MANY_BYTES)
    if content.startswith(JPEG_START) and content.count(START_OF_SCAN) > MAX_SCANS:
        raise UnusablePicture(PictureFault.DAMAGED)
    # Opening counts too: some kinds are decoded in part by it.
    with _decoding:
        picture = _opened(content, limits.pixel_count)
        try:
            return draw(picture)
        except DAMAGE as error:
            raise UnusablePicture(PictureFault.DAMAGED) from error


def _opened(content: bytes, most_pixels: int) -> Image.Image:
    """Its head is read, and nothing decoded."""
    try:
        picture = Image.open(io.BytesIO(content), formats=PICTURE_KINDS)
    except UnidentifiedImageError as error:
        raise UnusablePicture(PictureFault.OTHER_KIND) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnusablePicture(PictureFault.TOO_MANY_PIXELS) from error
    except DAMAGE as error:
        raise UnusablePicture(PictureFault.DAMAGED) from error
    # What the head says. A decoder writes no more than that, whatever follows.
    width, height = picture.size
    if width * height > most_pixels:
        raise UnusablePicture(PictureFault.TOO_MANY_PIXELS)
    return picture
