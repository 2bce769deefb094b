"""The college's logo: decoded within bounds, drawn again, and kept in the database.

There it is in the backup with everything else, and every web process has it without a
shared disk. What counts now is the digest in a decision; the picture is looked up by
it, so browsers may keep each for good.
"""

import hashlib
import io
from typing import Any

from django.db import transaction
from PIL import Image, ImageOps

from quadline import clock
from quadline.audit.models import record_audit
from quadline.college import current
from quadline.college.deciding import take_turn
from quadline.college.models import CollegeDecision, CollegeLogo
from quadline.pictures import PictureFault, PictureLimits, UnusablePicture, draw_again

NAME = "college_logo"  # of the decision; no setting of the environment
MAX_FILE_BYTES = 900_000
MAX_LOGO_PIXELS = 16_000_000
LIMITS_OF_LOGO = PictureLimits(MAX_FILE_BYTES, MAX_LOGO_PIXELS)
FITS_IN = (480, 160)  # twice what a page shows
NO_LOGO = "This is no picture that can be read. Choose a PNG, JPEG or WebP file."
LOGO_REFUSALS = {
    PictureFault.TOO_MANY_BYTES: (
        f"The file is over {MAX_FILE_BYTES // 1000} KB. Use a smaller one."
    ),
    PictureFault.TOO_MANY_PIXELS: (
        f"The picture has over {MAX_LOGO_PIXELS // 1_000_000} million pixels. Use a"
        " smaller one."
    ),
}


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
    try:
        drawn = draw_again(content, LIMITS_OF_LOGO, _fitted)
    except UnusablePicture as unusable:
        raise LogoRefused(LOGO_REFUSALS.get(unusable.fault, NO_LOGO)) from unusable
    written = io.BytesIO()
    drawn.save(written, "PNG", optimize=True)
    return written.getvalue()


def _fitted(picture: Image.Image) -> Image.Image:
    drawn = ImageOps.exif_transpose(picture).convert("RGBA")
    # Never larger than it was: a small logo stays sharp.
    drawn.thumbnail(FITS_IN)
    plain = Image.new("RGBA", drawn.size)
    plain.paste(drawn)
    return plain
