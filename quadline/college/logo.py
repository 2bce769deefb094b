"""The college's logo: decoded within bounds, drawn again, and kept in the database.

There it is in the backup with everything else, and every web process has it without a
shared disk. What counts now is the digest in a decision; the picture is looked up by
it, so browsers may keep each for good.
"""

import hashlib
import io
import warnings
from typing import Any

from django.db import transaction
from PIL import Image, ImageOps

from quadline import clock
from quadline.audit.models import record_audit
from quadline.college import current
from quadline.college.deciding import take_turn
from quadline.college.models import CollegeDecision, CollegeLogo

NAME = "college_logo"  # of the decision; no setting of the environment
MAX_FILE_BYTES = 900_000
MAX_LOGO_PIXELS = 16_000_000
FITS_IN = (480, 160)  # twice what a page shows
FORMATS = ("PNG", "JPEG", "WEBP")  # no SVG: it may hold a script
NO_LOGO = "This is no picture that can be read. Choose a PNG, JPEG or WebP file."


class LogoRefused(ValueError):
    """The logo stays as it was; the message says why, in plain words."""


def logo_digest() -> str:
    """Of the logo that counts now; "" while there is none."""
    return str(current.decision(NAME) or "")


def change_logo(content: bytes, *, actor: Any) -> str:
    """Show this picture as the college's logo. Returns its digest. Raises LogoRefused.

    ``content``: a file as it was uploaded. Nothing of it is kept but what is drawn.
    """
    drawn = _drawn_again(content)
    digest = hashlib.sha256(drawn).hexdigest()[:32]
    with transaction.atomic():
        take_turn()
        CollegeLogo.objects.exclude(digest=digest).delete()
        CollegeLogo.objects.get_or_create(digest=digest, defaults={"content": drawn})
        _decide(digest, actor)
    return digest


def remove_logo(*, actor: Any) -> None:
    with transaction.atomic():
        take_turn()
        CollegeLogo.objects.all().delete()
        _decide("", actor)


def _decide(digest: str, actor: Any) -> None:
    decision, _ = CollegeDecision.objects.update_or_create(
        name=NAME, defaults={"value": digest, "changed_at": clock.now()}
    )
    record_audit(
        "college logo changed", subject=decision, actor=actor, is_shown=bool(digest)
    )
    transaction.on_commit(current.read_again)


def _drawn_again(content: bytes) -> bytes:
    """As a PNG of a bounded size, without what else the file holds."""
    if len(content) > MAX_FILE_BYTES:
        raise LogoRefused(
            f"The file is over {MAX_FILE_BYTES // 1000} KB. Use a smaller one."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of a picture that would fill the memory
            return _png(content)
    except LogoRefused:
        raise
    except Exception as error:  # a decoder fails in any way it likes
        raise LogoRefused(NO_LOGO) from error


def _png(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        # The header's word: nothing is decoded yet.
        if picture.width * picture.height > MAX_LOGO_PIXELS:
            millions = MAX_LOGO_PIXELS // 1_000_000
            raise LogoRefused(
                f"The picture has over {millions} million pixels. Use a smaller one."
            )
        drawn = ImageOps.exif_transpose(picture).convert("RGBA")
    drawn.thumbnail(FITS_IN)
    # On a new ground: the old one has its texts, places and profiles with it.
    plain = Image.new("RGBA", drawn.size)
    plain.paste(drawn)
    written = io.BytesIO()
    plain.save(written, "PNG", optimize=True)
    return written.getvalue()
