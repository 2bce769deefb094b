"""Tags that a staff user puts on students for themselves. Nobody else ever sees them;
the college's own come with the roster (Student.tags).
"""

from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.audit.models import record_audit
from quadline.roster.cells import CellFault, text_cell
from quadline.roster.models import OwnTag, Student

MAX_TAG = 60  # characters
MAX_TAGS = 20  # of one person on one student


class TagRefused(ValueError):
    """Nothing was changed; the message says why, in plain words."""


@transaction.atomic
def add_own_tag(*, student: Student, owner: User, tag: str) -> str:
    """Put a tag on a student; the tag as it is kept. Raises TagRefused."""
    _check_reach(student, owner)
    words = _readable(tag)
    # Two tabs at once: one after the other, so that the limit holds.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    mine = OwnTag.objects.filter(owner=owner, student=student)
    known = mine.filter(tag__iexact=words).first()
    if known:
        return known.tag
    if mine.count() >= MAX_TAGS:
        raise TagRefused(f"A student can have {MAX_TAGS} of your tags. Remove one.")
    OwnTag.objects.create(owner=owner, student=student, tag=words)
    # Without its words: the trail is read by others.
    record_audit("own tag added", subject=student, actor=owner)
    return words


@transaction.atomic
def remove_own_tag(*, student: Student, owner: User, tag: str) -> bool:
    """Whether it was there. Also from a student who has left the caseload."""
    mine = OwnTag.objects.filter(owner=owner, student=student, tag=tag)
    removed, _ = mine.delete()
    if removed:
        record_audit("own tag removed", subject=student, actor=owner)
    return bool(removed)


def own_tags_of(student: Student, owner: User) -> list[str]:
    mine = OwnTag.objects.filter(owner=owner, student=student)
    return list(mine.order_by("tag").values_list("tag", flat=True))


def _check_reach(student: Student, owner: User) -> None:
    seen = Student.objects.visible_to(owner).filter(pk=student.pk)
    if not owner.may[May.TEXT] or not seen.exists():
        raise TagRefused("You cannot tag this student. Nothing was changed.")


def _readable(tag: str) -> str:
    try:
        words = text_cell(tag.replace("\0", ""), MAX_TAG)
    except CellFault as fault:
        raise TagRefused(f"The tag {fault} Nothing was changed.") from fault
    if not words:
        raise TagRefused("Write a tag first.")
    return words
