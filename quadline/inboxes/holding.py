"""Who holds an inbox: its owner, or the members of an office's; and which inboxes can
follow somebody who leaves.
"""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from quadline.accounts.models import User
from quadline.accounts.rules import May, Role, allows
from quadline.inboxes.models import Inbox, Membership
from quadline.inboxes.rules import is_shared

WHO_WRITE = sorted(role for role in Role if allows(role, May.TEXT))


def holders_of(
    inbox_ids: Iterable[int],
) -> dict[int, list[int]]:
    """The staff users on whose caseloads the students of an inbox are: its owner, or
    the members of an office's, for each of them may answer.
    """
    holders: dict[int, list[int]] = {}
    for inbox_id in inbox_ids:
        # A personal inbox has its owner's id: nothing to look up.
        if not is_shared(inbox_id):
            holders[inbox_id] = [inbox_id]
            continue
        members = Membership.objects.filter(inbox=inbox_id, user__is_active=True)
        holders[inbox_id] = list(members.values_list("user", flat=True))
    return holders


def inboxes_that_can_follow(staff: User | None = None) -> "QuerySet[Inbox]":
    """Those in which somebody with an open account writes; without the leaver's own."""
    writes = Membership.objects.filter(
        inbox=OuterRef("pk"),
        user__is_active=True,
        user__is_away=False,
        user__role__in=WHO_WRITE,
    )
    if staff:
        writes = writes.exclude(user=staff)
    personal = Q(owner__is_active=True, owner__is_away=False, owner__role__in=WHO_WRITE)
    found = Inbox.objects.filter(personal | Q(Exists(writes), owner=None))
    if staff:
        found = found.exclude(pk=staff.pk)
    return found.select_related("owner__office", "office")


def first_writer(inbox: Inbox) -> User:
    """The owner, or the member of an office's inbox who has been there longest: its
    texts need an author.
    """
    if inbox.owner:
        return inbox.owner
    rows = Membership.objects.filter(inbox=inbox, user__is_active=True)
    return rows.select_related("user").order_by("pk")[0].user
