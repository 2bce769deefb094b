"""Hand what a composer posted to the verb of its channel. One refusal
for the views, no matter which verb refused.
"""

import uuid
from dataclasses import dataclass

from django.urls import reverse

from quadline import clock
from quadline.accounts.models import User
from quadline.conversations import merging
from quadline.conversations.models import Message
from quadline.conversations.rules import Channel
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox.accepting import (
    SensitiveText,
    TextRefused,
    TooManyTexts,
    accept_text,
)
from quadline.delivery.outbox.email_outbox import (
    EmailRefused,
    SensitiveEmail,
    accept_email,
)
from quadline.inboxes.models import Inbox
from quadline.roster.models import Student
from quadline.sms.merge_fields import MergeError
from quadline.web.requests import NotAccepted as NotAccepted
from quadline.web.requests import StaffRequest, posted_id


def accept_posted(
    request: StaffRequest,
    student: Student,
    *,
    inbox: Inbox | None = None,
) -> Message:
    """Accept the text or email of a posted composer, on any page.
    Raises NotAccepted.

    ``inbox``: where it is written; None is the user's own.
    """
    subject, body = request.POST.get("subject", ""), request.POST.get("body", "")
    # Read before the channel is: a form without an id is not accepted on either tab.
    message_id, as_written = posted_id(request), request.POST.get("as_written") == "yes"
    send_anyway = request.POST.get("send_anyway") == "yes"
    if request.POST.get("channel") == Channel.EMAIL:
        with_card = request.POST.get("with_contact_card") == "yes"
        words = Wording(
            body,
            subject,
            with_card=with_card,
            as_written=as_written,
            send_anyway=send_anyway,
        )
        return _email(
            request.user,
            student,
            message_id,
            words,
            inbox=inbox,
        )
    # The person was asked whether one more text in so short a time is meant, and said
    # yes.
    is_meant = request.POST.get("one_more") == "yes"
    words = Wording(body, as_written=as_written, send_anyway=send_anyway)
    return _text(
        request.user,
        student,
        message_id,
        words,
        is_meant=is_meant,
        inbox=inbox,
    )


def accept_again(
    author: User,
    student: Student,
    failed: Message,
) -> Message:
    """The words of a message that did not arrive, as a new one; asked twice,
    it is one new one. Raises NotAccepted.

    As they were accepted before: whatever brackets are left in them are meant, and
    whatever looks sensitive.
    """
    # From the failed message's own id: two clicks, or two tabs, make the same id and so
    # one message.
    message_id, inbox = uuid.uuid5(failed.pk, "again"), failed.conversation.inbox
    if failed.channel == Channel.EMAIL:
        # The card is known to the email, not to the message.
        with_card = OutgoingEmail.objects.filter(
            message=failed, with_contact_card=True
        ).exists()
        words = Wording(
            failed.body,
            failed.subject,
            with_card=with_card,
            as_written=True,
            send_anyway=True,
        )
        return _email(
            author,
            student,
            message_id,
            words,
            inbox=inbox,
        )
    words = Wording(failed.body, as_written=True, send_anyway=True)
    return _text(
        author,
        student,
        message_id,
        words,
        is_meant=True,
        inbox=inbox,
    )


@dataclass(frozen=True)
class Wording:
    """What is to be sent; ``as_written``: brackets that look
    like a merge field are meant; ``send_anyway``: so is what looks sensitive.
    """

    body: str
    subject: str = ""
    with_card: bool = False
    as_written: bool = False
    send_anyway: bool = False


def _text(
    author: User,
    student: Student,
    message_id: uuid.UUID,
    words: Wording,
    *,
    is_meant: bool,
    inbox: Inbox | None,
) -> Message:
    try:
        return accept_text(
            author=author,
            student=student,
            message_id=message_id,
            body=words.body,
            as_written=words.as_written,
            send_anyway=words.send_anyway,
            is_meant=is_meant,
            now=clock.now(),
            inbox=inbox,
        )
    except TextRefused as refused:
        raise _not_accepted(refused) from refused


def _email(
    author: User,
    student: Student,
    message_id: uuid.UUID,
    words: Wording,
    *,
    inbox: Inbox | None,
) -> Message:
    try:
        return accept_email(
            author=author,
            student=student,
            message_id=message_id,
            subject=words.subject,
            body=words.body,
            with_contact_card=words.with_card,
            as_written=words.as_written,
            send_anyway=words.send_anyway,
            now=clock.now(),
            inbox=inbox,
        )
    except EmailRefused as refused:
        raise _not_accepted(refused) from refused


def _not_accepted(refused: ValueError) -> NotAccepted:
    if isinstance(refused, TooManyTexts):
        return NotAccepted(str(refused), asks_to_go_on=True)
    if isinstance(refused, SensitiveText | SensitiveEmail):
        return NotAccepted(str(refused), may_be_sensitive=True)
    error = refused.__cause__
    if not isinstance(error, MergeError):
        return NotAccepted(str(refused))
    # A field of ours with nothing to put in is never sent, whatever is ticked
    # (docs/adr/0019).
    may_be_meant = bool(error.unknown) and not error.empty
    return NotAccepted(str(refused), way_out_for(error), may_be_meant=may_be_meant)


def way_out_for(error: MergeError) -> tuple[str, str] | None:
    """Where a merge field that nothing fills gets something to be filled with."""
    empty = {merging.canonical(name) for name in error.empty}
    # First what the person can fill in at once; a number comes without them.
    if "Office Phone Number" in empty:
        return reverse("profile"), "Add your office phone"
    return (reverse("profile"), "See your number") if "System Number" in empty else None
