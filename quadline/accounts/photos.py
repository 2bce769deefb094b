"""The photo of a staff user: stored, shown and removed."""

import secrets

import structlog
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.pictures import KEPT, PictureRefused, square_jpeg
from quadline.audit.models import record_audit

log = structlog.get_logger(__name__)
NOT_STORED = f"Your picture could not be stored. {KEPT} Tell your administrator."
PHOTO_TYPE = "image/jpeg"
NAME_BYTES = 24  # random: nobody comes to a photo by guessing
UPLOAD_SALT = "quadline.accounts.photos"
UPLOAD_SECONDS = 24 * 3600  # as long as a page may stand open


def change_photo(user: User, content: bytes) -> None:
    """From now on this is their photo. Raises PictureRefused."""
    picture = square_jpeg(content)
    stored = _store(picture)
    try:
        _point_to(user, stored, action="photo changed")
    except BaseException:
        default_storage.delete(stored)
        raise


def _store(picture: bytes) -> str:
    name = f"photos/{secrets.token_urlsafe(NAME_BYTES)}.jpg"
    try:
        return default_storage.save(name, ContentFile(picture))
    except OSError as error:
        # A full disk, or a folder that is not ours.
        log.error("a photo could not be stored", reason=type(error).__name__)
        raise PictureRefused(NOT_STORED) from error


def remove_photo(user: User) -> bool:
    """Initials stand for them again. False when there was none."""
    if not user.photo:
        return False
    _point_to(user, "", action="photo removed")
    return True


def _point_to(user: User, stored: str, *, action: str) -> None:
    with transaction.atomic():
        # Two uploads at once: the later one takes the file of the earlier away.
        before = User.objects.select_for_update(of=("self",)).get(pk=user.pk).photo.name
        User.objects.filter(pk=user.pk).update(photo=stored)
        record_audit(action, subject=user, actor=user)
        if before:
            transaction.on_commit(lambda: default_storage.delete(before))
    user.photo = stored


def upload_key(user: User) -> str:
    """Part of the address a photo is sent to, which takes more bytes than others do."""
    return signing.dumps(user.pk, salt=UPLOAD_SALT)


def is_upload_key(key: str) -> bool:
    """Whether it was made here, a day ago at most. Nothing is looked up."""
    try:
        signing.loads(key, salt=UPLOAD_SALT, max_age=UPLOAD_SECONDS)
    except signing.BadSignature:
        return False
    return True
