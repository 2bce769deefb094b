"""Whose texting a person may see reported: the same people whose conversations they may
read. Test students never count.
"""

from django.db.models import Q, QuerySet

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.conversations.models import Conversation, ConversationQuerySet, Message
from quadline.reports.filters import Filters


def staff_seen_by(viewer: User) -> "QuerySet[User]":
    """Oneself; a lead's office; everyone for the whole-college roles.
    Mirrors ``Conversation.visible_to``.
    """
    everyone = User.objects.order_by("name", "pk")
    if not viewer.is_active:
        return everyone.none()
    if viewer.may[May.SEE_COLLEGE]:
        return everyone
    if viewer.may[May.SEE_OFFICE] and viewer.office:
        return everyone.filter(Q(pk=viewer.pk) | Q(office=viewer.office))
    return everyone.filter(pk=viewer.pk)


def reported_conversations(viewer: User, staff: int | None) -> ConversationQuerySet:
    # One without a student is with a phone that nobody on the roster has.
    seen = Conversation.objects.visible_to(viewer).filter(
        Q(student=None) | Q(student__is_test=False)
    )
    if staff:
        seen = seen.filter(staff=staff)
    return seen


def reported_messages(viewer: User, filters: Filters) -> "QuerySet[Message]":
    """The messages of the period, by the moment they were written."""
    conversations = reported_conversations(viewer, filters.staff)
    messages = Message.objects.filter(
        conversation__in=conversations, created_at__lt=filters.period.until
    )
    if filters.period.since:
        messages = messages.filter(created_at__gte=filters.period.since)
    return messages.filter(channel=filters.channel)
