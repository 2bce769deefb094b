"""Messages: send a text or an email to one student, and see what became of one."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.api.answers import answers, leads_to
from quadline.api.fields import (
    ApiAnswer,
    ApiRequest,
    ApiText,
    ApiWords,
    Given,
    InstitutionalId,
)
from quadline.api.idempotency import DESCRIBED, once
from quadline.api.problems import ApiRefusal
from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.delivery.outbox.accepting import TextRefused, TooManyTexts, accept_text
from quadline.delivery.outbox.email_outbox import (
    MAX_SUBJECT,
    ROLE_WRITES_NO_EMAILS,
    EmailRefused,
    accept_email,
)
from quadline.delivery.outbox.wait_explanation import explain_wait
from quadline.delivery.rules import TEXTS_COUNTED_FOR
from quadline.inboxes.models import may_write_in
from quadline.roster.models import Student

router = Router(tags=["Messages"])
ApiChannel = Literal["text", "email"]


class NewMessage(Given):
    student: InstitutionalId
    channel: ApiChannel = "text"
    subject: Annotated[ApiText, Field(max_length=MAX_SUBJECT)] = ""  # of an email
    body: ApiWords  # with merge fields, such as [Student Name]
    with_contact_card: bool = False  # of an email
    # what looks like a merge field, such as {room}, is meant as it stands
    as_written: bool = False
    # what looks sensitive, such as a card number, is meant
    send_anyway: bool = False


class Moment(ApiAnswer):
    """One line of a message's timeline."""

    at: datetime
    from_status: str
    status: str
    cause: str
    carrier_code: str
    by: str | None


class ListedMessage(ApiAnswer):
    id: uuid.UUID
    conversation_id: int
    position: int  # in the order in which messages were written
    direction: Literal["inbound", "outbound"]
    channel: ApiChannel
    staff: str
    student: str | None  # None: somebody who is not on the roster
    subject: str
    body: str
    notice: str  # the opt-out notice that ends a first text
    segments: int
    status: str
    status_words: str
    reason: str
    detail: str
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None


class MessageAnswer(ListedMessage):
    timeline: list[Moment]


@router.post(
    "",
    response=answers(
        201,
        MessageAnswer,
        403,
        404,
        409,
        422,
        429,
        with_body=True,
    ),
    summary="Send a text or an email to one student",
    openapi_extra=DESCRIBED
    | leads_to(
        201,
        get_message=("message_id", "id"),
        list_messages=("conversation_id", "conversation_id"),
    ),
)
@once(201)
def send_message(request: ApiRequest, new: NewMessage) -> MessageAnswer:
    """It leaves from your own number; the first text asks for one. A text that may not
    be sent is blocked, with the reason.
    """
    if not request.auth.may[May.TEXT]:
        raise ApiRefusal(403, ROLE_WRITES_NO_EMAILS)
    student = get_object_or_404(
        Student.objects.visible_to(request.auth), institutional_id=new.student
    )
    try:
        message = _accepted(request, student, new)
        return message_answer(message, reader=request.auth)
    except TooManyTexts as refused:
        # A person is asked whether one more is meant; nobody sits behind a program.
        wait = int(TEXTS_COUNTED_FOR.total_seconds())
        words = f"{refused} Wait, or send a broadcast to reach many students."
        raise ApiRefusal(429, words, retry_after=wait) from refused
    except (TextRefused, EmailRefused) as refused:
        raise ApiRefusal(422, str(refused)) from refused


@router.get(
    "/{uuid:message_id}",
    response=answers(
        200,
        MessageAnswer,
        404,
        422,
    ),
    summary="A message, its status and timeline",
)
def get_message(request: ApiRequest, message_id: uuid.UUID) -> MessageAnswer:
    # Anyone who may read the conversation, whether they wrote this or not.
    seen = Conversation.objects.visible_to(request.auth)
    message = get_object_or_404(Message, pk=message_id, conversation__in=seen)
    return message_answer(message, reader=request.auth)


def listed(message: Message, *, reader: User) -> dict[str, Any]:
    """The fields of ListedMessage; its conversation comes
    with inbox, owner and student.
    """
    of_its_own = set(ListedMessage.model_fields) - {"staff", "student", "status_words"}
    conversation = message.conversation
    is_own = may_write_in(reader, conversation.inbox_id)
    wait = explain_wait(message, now=clock.now(), is_own=is_own)
    waits = {"reason": wait.reason, "detail": wait.detail} if wait else {}
    return {name: getattr(message, name) for name in of_its_own} | {
        "staff": conversation.inbox.email,
        "student": (
            conversation.student.institutional_id if conversation.student else None
        ),
        "status_words": wait.status if wait else message.status_words,
        **waits,
    }


def message_answer(message: Message, *, reader: User) -> MessageAnswer:
    events = message.events.select_related("actor")
    timeline = [_moment(event) for event in events]
    fields = listed(message, reader=reader)
    return MessageAnswer(**fields, timeline=timeline)


def _accepted(
    request: ApiRequest,
    student: Student,
    new: NewMessage,
) -> Message:
    now = clock.now()
    if new.channel == "text":
        return accept_text(
            author=request.auth,
            student=student,
            message_id=request.act_id,
            body=new.body,
            now=now,
            as_written=new.as_written,
            send_anyway=new.send_anyway,
        )
    return accept_email(
        author=request.auth,
        student=student,
        message_id=request.act_id,
        subject=new.subject,
        body=new.body,
        now=now,
        with_contact_card=new.with_contact_card,
        as_written=new.as_written,
        send_anyway=new.send_anyway,
    )


def _moment(event: MessageEvent) -> Moment:
    return Moment(
        at=event.at,
        from_status=event.from_status,
        status=event.to_status,
        cause=event.cause,
        carrier_code=event.carrier_code,
        by=event.actor.name if event.actor else None,
    )
