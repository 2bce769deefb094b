"""Whose texting a person may see reported: that in the inboxes which
they may read. Test students never count.
"""

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from quadline.accounts.models import User
from quadline.conversations.models import Conversation, ConversationQuerySet, Message
from quadline.inboxes.models import Inbox, InboxQuerySet
from quadline.reports.filters import Filters


def inboxes_seen_by(viewer: User) -> InboxQuerySet:
    """By name, with their owners and the owners' offices."""
    seen = Inbox.objects.visible_to(viewer).select_related("owner__office")
    return seen.order_by(Coalesce("owner__name", "name"), "pk")


def reported_conversations(viewer: User, staff: int | None) -> ConversationQuerySet:
    """``staff``: the id of one inbox; a personal one has its staff user's."""
    seen = Conversation.objects.visible_to(viewer).filter(
        Q(student=None) | Q(student__is_test=False)
    )
    return seen.filter(inbox=staff) if staff else seen


def reported_messages(viewer: User, filters: Filters) -> "QuerySet[Message]":
    """The messages of the period, by the moment they were written."""
    conversations = reported_conversations(viewer, filters.staff)
    messages = Message.objects.filter(
        conversation__in=conversations, created_at__lt=filters.period.until
    )
    if filters.period.since:
        messages = messages.filter(created_at__gte=filters.period.since)
    return messages.filter(channel=filters.channel)
