"""Write a broadcast down before it is reviewed; nothing leaves yet."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.broadcasts.audiences import audience_of, audience_words
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.rules import BroadcastRefused as BroadcastRefused
from quadline.broadcasts.rules import BroadcastState
from quadline.conversations.rules import Channel
from quadline.delivery.outbox.email_outbox import MAX_EMAIL_BODY, MAX_SUBJECT
from quadline.emails.outgoing import one_line
from quadline.sms import bodies


def draft_broadcast(
    *,
    author: User,
    broadcast_id: uuid.UUID,
    channel: str,
    subject: str,
    body: str,
    audience: dict[str, Any],
    with_contact_card: bool,
    is_announcement: bool,
    now: datetime,
) -> Broadcast:
    """Save or change a draft. The same id again is the same
    broadcast. Raises BroadcastRefused.
    """
    if not author.may[May.TEXT]:
        raise BroadcastRefused("Your role does not send messages. Nothing was sent.")
    is_email = Channel(channel) is Channel.EMAIL
    kept = audience_of(audience.get("to", []), audience.get("except", []))
    if not kept["to"]:
        raise BroadcastRefused("Choose who gets it in the To field. Nothing was sent.")
    written = {
        "channel": channel,
        "subject": _subject(subject) if is_email else "",
        "body": _email_body(body) if is_email else _text_body(body),
        "with_contact_card": with_contact_card and is_email,
        "is_announcement": is_announcement,
        "audience": kept,
        "audience_words": audience_words(kept, author),
    }
    return _save(author, broadcast_id, written, now)


def _save(
    author: User,
    broadcast_id: uuid.UUID,
    written: dict[str, Any],
    now: datetime,
) -> Broadcast:
    """A draft that is changed loses its review: nobody has
    seen what it would send now.
    """
    with transaction.atomic():
        made = {"author": author, "created_at": now, **written}
        row, is_new = Broadcast.objects.get_or_create(pk=broadcast_id, defaults=made)
        if is_new:
            return row
        row = Broadcast.objects.select_for_update(no_key=True).get(pk=row.pk)
        if row.author_id != author.pk:
            raise BroadcastRefused(
                "This form cannot be used again. Nothing was sent: reload the page."
            )
        if row.state != BroadcastState.DRAFT:
            raise BroadcastRefused(
                "This has already been sent. Nothing was sent again: reload the page to"
                " write another."
            )
        changed = [
            name for name, value in written.items() if getattr(row, name) != value
        ]
        if changed:
            row.recipients.all().delete()
            Broadcast.objects.filter(pk=row.pk).update(
                **written,
                review={},
                fingerprint="",
                reviewed_at=None,
            )
            row.refresh_from_db()
        return row


def _text_body(body: str) -> str:
    try:
        return bodies.checked_body(body)
    except bodies.BodyError as error:
        raise BroadcastRefused(str(error)) from error


def _email_body(body: str) -> str:
    written = bodies.clean(body)
    if not one_line(written):
        raise BroadcastRefused("Write a message first. Nothing was sent.")
    over = len(written) - MAX_EMAIL_BODY
    if over > 0:
        raise BroadcastRefused(
            f"The message is {over:,} characters over {MAX_EMAIL_BODY:,}. Nothing was"
            " sent: shorten it."
        )
    return written


def _subject(subject: str) -> str:
    written = one_line(bodies.clean(subject))
    if not written:
        raise BroadcastRefused("Write a subject first. Nothing was sent.")
    over = len(written) - MAX_SUBJECT
    if over > 0:
        raise BroadcastRefused(
            f"The subject is {over:,} characters over {MAX_SUBJECT:,}. Nothing was"
            " sent: shorten it."
        )
    return written
