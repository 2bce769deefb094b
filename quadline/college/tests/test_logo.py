"""The logo: drawn again within bounds; what is no picture, or a bomb, is refused."""

import io
import struct
import zlib

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pytest_django import DjangoCaptureOnCommitCallbacks

from quadline.audit.models import AuditEntry
from quadline.college.logo import (
    FITS_IN,
    LogoRefused,
    change_logo,
    logo_digest,
    remove_logo,
)
from quadline.college.models import CollegeLogo


@pytest.fixture
def denise(db: None) -> AbstractBaseUser:
    return get_user_model().objects.create_user("denise@alder.example", name="Denise")


def picture(
    size: tuple[int, int] = (900, 300), kind: str = "PNG", **more: object
) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "#17624f").save(written, kind, **more)
    return written.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises a wall of pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = zlib.crc32(kind + content)
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", checked)
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_drawn_again_smaller_and_without_what_else_it_held(
    denise: AbstractBaseUser,
    kind: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    told = PngInfo()
    told.add_text("Author", "somebody at home")
    more = {"pnginfo": told} if kind == "PNG" else {"exif": Image.Exif().tobytes()}
    with django_capture_on_commit_callbacks(execute=True):
        digest = change_logo(picture(kind=kind, **more), actor=denise)
    assert logo_digest() == digest
    kept = bytes(CollegeLogo.objects.get(digest=digest).content)
    assert b"somebody" not in kept
    with Image.open(io.BytesIO(kept)) as shown:
        assert shown.format == "PNG"
        assert shown.width <= FITS_IN[0]
        assert shown.height <= FITS_IN[1]
    [entry] = AuditEntry.objects.filter(subject_id="college_logo")
    assert (entry.actor, entry.detail) == (denise, {"is_shown": True})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"GIF89a" + b"\0" * 100,
        picture()[:200],
        bomb(30_000, 30_000),
        bomb(5_000, 5_000),
        b"\x89PNG\r\n\x1a\n" + b"\0" * 1_000_000,
        picture(kind="JPEG") + b"\xff\xda" * 500,
    ],
    ids=[
        "empty",
        "text",
        "svg",
        "gif",
        "half",
        "bomb",
        "40-megapixels",
        "too-heavy",
        "500-scans",
    ],
)
def test_what_cannot_be_a_logo_is_refused_and_the_old_one_stays(
    denise: AbstractBaseUser, content: bytes
) -> None:
    change_logo(picture(), actor=denise)
    with pytest.raises(LogoRefused, match=r"\."):
        change_logo(content, actor=denise)
    assert CollegeLogo.objects.count() == 1
    assert AuditEntry.objects.filter(subject_id="college_logo").count() == 1


def test_a_logo_is_taken_away(
    denise: AbstractBaseUser,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        change_logo(picture(), actor=denise)
        remove_logo(actor=denise)
    assert logo_digest() == ""
    assert not CollegeLogo.objects.exists()


def test_another_logo_takes_the_place_of_the_first(
    denise: AbstractBaseUser,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = change_logo(picture(), actor=denise)
        second = change_logo(picture((300, 300)), actor=denise)
    assert first != second == logo_digest()
    assert [each.digest for each in CollegeLogo.objects.all()] == [second]
