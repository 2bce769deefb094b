"""What a staff user does with a conversation besides writing: read it, call it done, keep a draft."""

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record
from quadline.conversations.models import Conversation
from quadline.live.telling import tell

LONGEST_DRAFT = 4000


def mark_read(*, conversation: Conversation, reader: User) -> None:
    """Only its own staff user's reading counts: a lead who looks in does not clear it."""
    if reader.pk == conversation.staff_id and Conversation.objects.unread().filter(pk=conversation.pk).update(unread_count=0):
        tell([conversation.staff_id], "inbox")


def set_done(*, conversation: Conversation, is_done: bool, actor: User) -> None:
    """Done leaves the lists until the student writes again."""
    with transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(is_done=is_done, needs_reply=False)
        record("conversation done" if is_done else "conversation reopened", subject=conversation, actor=actor)
        tell([conversation.staff_id], "inbox")


def save_draft(*, conversation: Conversation, text: str) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(
        draft=text.replace("\0", "")[:LONGEST_DRAFT]
    )  # PostgreSQL keeps no NUL
