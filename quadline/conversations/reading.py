"""What a staff user does with a conversation besides writing:
read it, call it done, keep a draft.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.conversations.models import Conversation
from quadline.inboxes.models import may_write_in
from quadline.live.notifications import notify_screens

MAX_DRAFT = 4000
JOINT = "\n\n"


@dataclass(frozen=True)
class Returned:
    """Words that came back unsent, and the id they went by."""

    message_id: UUID
    words: str


def mark_read(*, conversation: Conversation, reader: User) -> None:
    """Only the reading of who may write counts: a lead who
    looks in does not clear it.
    """
    unread = Conversation.objects.unread().filter(pk=conversation.pk)
    if may_write_in(reader, conversation.inbox_id) and unread.update(unread_count=0):
        notify_screens([conversation.inbox_id], "inbox")


def set_done(
    *,
    conversation: Conversation,
    is_done: bool,
    actor: User,
) -> None:
    """Done leaves the lists until the student writes again."""
    with transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(
            is_done=is_done, needs_reply=False
        )
        record_audit(
            "conversation done" if is_done else "conversation reopened",
            subject=conversation,
            actor=actor,
        )
        notify_screens([conversation.inbox_id], "inbox")


def save_draft(
    *,
    conversation: Conversation,
    text: str,
    returned: Sequence[Returned] = (),
) -> None:
    """Keep what was begun. ``returned``: words at its beginning that seemed
    not to arrive; what did is no draft.
    """
    with transaction.atomic():
        # A text that is being accepted this moment is waited for: it clears the draft,
        # and may be one of these.
        Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        left = _without_arrived(conversation, text, returned)
        draft = left.replace("\0", "")[:MAX_DRAFT]  # PostgreSQL keeps no NUL
        Conversation.objects.filter(pk=conversation.pk).update(draft=draft)


def _without_arrived(
    conversation: Conversation,
    text: str,
    returned: Sequence[Returned],
) -> str:
    """As the browser puts them together (draft_kept.js); words that were
    changed since are the person's own.
    """
    words = JOINT.join(each.words for each in returned)
    if not returned or not f"{text}{JOINT}".startswith(f"{words}{JOINT}"):
        return text
    ids = [each.message_id for each in returned]
    messages = conversation.messages.filter(pk__in=ids)
    arrived = set(messages.values_list("pk", flat=True))
    kept = [each.words for each in returned if each.message_id not in arrived]
    written_since = text[len(words) + len(JOINT) :]
    return JOINT.join(part for part in [*kept, written_since] if part)
