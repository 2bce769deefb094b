"""Hand what a composer posted to the verb of its channel. One refusal for the views, whichever verb refused."""

import uuid

from django.urls import reverse

from quadline import clock
from quadline.accounts.models import User
from quadline.conversations import merging
from quadline.conversations.models import Message
from quadline.conversations.rules import Channel
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.outbox import TextRefused, accept_text
from quadline.delivery.written_email import EmailRefused, accept_email
from quadline.roster.models import Student
from quadline.sms.merge_fields import MergeError
from quadline.web.requests import NotAccepted as NotAccepted
from quadline.web.requests import StaffRequest, posted_id


def accept_posted(request: StaffRequest, student: Student) -> Message:
    """Accept the text or email of a posted composer, whichever page it was on. Raises NotAccepted."""
    subject, body = request.POST.get("subject", ""), request.POST.get("body", "")
    message_id = posted_id(request)
    if request.POST.get("channel") == Channel.EMAIL:
        with_card = request.POST.get("with_contact_card") == "yes"
        return _email(request.user, student, message_id, (subject, body), with_card=with_card)
    return _text(request.user, student, message_id, body)


def accept_again(author: User, student: Student, failed: Message) -> Message:
    """The words of a message that did not arrive, as a new one; asked twice, it is one new one. Raises NotAccepted."""
    message_id = uuid.uuid5(failed.pk, "again")
    if failed.channel == Channel.EMAIL:
        with_card = OutgoingEmail.objects.filter(message=failed, with_contact_card=True).exists()
        return _email(author, student, message_id, (failed.subject, failed.body), with_card=with_card)
    return _text(author, student, message_id, failed.body)


def _text(author: User, student: Student, message_id: uuid.UUID, body: str) -> Message:
    try:
        return accept_text(author=author, student=student, message_id=message_id, body=body, now=clock.now())
    except TextRefused as refused:
        raise NotAccepted(str(refused), way_out_of(refused)) from refused


def _email(author: User, student: Student, message_id: uuid.UUID, words: tuple[str, str], *, with_card: bool) -> Message:
    subject, body = words
    try:
        return accept_email(
            author=author,
            student=student,
            message_id=message_id,
            subject=subject,
            body=body,
            with_contact_card=with_card,
            now=clock.now(),
        )
    except EmailRefused as refused:
        raise NotAccepted(str(refused), way_out_of(refused)) from refused


def way_out_of(refused: ValueError) -> tuple[str, str] | None:
    return way_out_for(refused.__cause__) if isinstance(refused.__cause__, MergeError) else None


def way_out_for(error: MergeError) -> tuple[str, str] | None:
    """Where a merge field that nothing fills gets something to be filled with."""
    empty = {merging.canonical(name) for name in error.empty}
    if "Office Phone Number" in empty:
        return reverse("profile"), "Add your office phone"
    return (reverse("profile"), "See your number") if "System Number" in empty else None
