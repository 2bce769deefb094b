"""A college in which every word that anybody could choose is an attack."""

import uuid
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.utils import timezone

from quadline.accounts.models import ApiToken, Office, User
from quadline.broadcasts import drafting, preflight
from quadline.broadcasts.models import Audience, Broadcast, Recipient
from quadline.consent import ledger
from quadline.consent.rules import Change, Source
from quadline.conversations.models import Conversation, Message, MessageTemplate
from quadline.conversations.opening import open_conversation
from quadline.conversations.rules import Direction, Status
from quadline.numbers.models import SystemNumber
from quadline.roster.models import CaseloadEntry, Student
from tests.cast import Cast
from tests.passkeys import SoftwarePasskey

PHONE = "+17342340001"


def fill(people: Cast, words: str) -> Broadcast:
    """The same words everywhere: names, texts, emails, templates, tags, tokens,
    reasons. Returns what was sent to many.
    """
    short = words[:60]
    User.objects.update(name=short, title=short, office=Office.objects.named(short))
    everyday = {
        "first_name": short,
        "last_name": short,
        "preferred_name": short,
        "pronouns": words[:40],
        "program": short,
    }
    Student.objects.update(
        **everyday, tags=[short], courses=[short], search_text="attack"
    )
    CaseloadEntry.objects.update(relation=short)
    now = timezone.now()
    number = SystemNumber.objects.create(
        inbox=people.maya.inbox,
        phone=PHONE,
        state="active",
        requested_at=now,
        active_at=now,
    )
    SystemNumber.objects.create(
        inbox=people.theo.inbox, state="failed", reason=words[:200], requested_at=now
    )
    MessageTemplate.objects.update(archived_at=now)
    for channel in ("text", "email"):
        MessageTemplate.objects.create(
            owner=people.maya, channel=channel, name=short, subject=short, body=words
        )
    Authenticator.objects.create(
        user=people.maya,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": short, "credential": SoftwarePasskey().kept()},
    )
    ApiToken.objects.create(
        user=people.maya,
        name=short,
        prefix="ql_",
        digest=uuid.uuid4().hex,
        created_at=now,
    )
    Audience.objects.create(
        owner=people.maya, name=short, audience={"to": ["caseload"]}
    )
    for student in (people.rosa, people.bo, people.gus):
        _talk(people.maya, student, words, number)
    pair = (people.bo.mobile, number.phone)
    ledger.record_consent(
        pair=pair,
        change=Change.OPT_OUT,
        source=Source.REPLY,
        occurred_at=now,
        keyword=words[:20],
    )
    _draft(people, words)
    return _sent(people, words)


def _talk(staff: User, student: Student, words: str, number: SystemNumber) -> None:
    now = timezone.now()
    conversation = open_conversation(inbox=staff.inbox, student=student, now=now)
    Conversation.objects.filter(pk=conversation.pk).update(draft=words)
    common = {
        "conversation": conversation,
        "system_number": number,
        "student_phone": student.mobile,
        "body": words,
    }
    for channel, direction, status in (
        ("text", Direction.OUTBOUND, Status.FAILED),
        ("text", Direction.OUTBOUND, Status.DELIVERED),
        ("text", Direction.INBOUND, Status.RECEIVED),
        ("email", Direction.OUTBOUND, Status.SENT),
        ("email", Direction.INBOUND, Status.RECEIVED),
    ):
        said = Message.objects.create(
            **common,
            id=uuid.uuid4(),
            channel=channel,
            direction=direction,
            status=status,
            author=staff if direction is Direction.OUTBOUND else None,
            subject=words[:60] if channel == "email" else "",
            reason="unknown",
            detail=words[:200],
            created_at=now - timedelta(minutes=5),
        )
    Conversation.objects.filter(pk=conversation.pk).update(
        last_message=said, needs_reply=True, unread_count=1
    )


def _draft(people: Cast, words: str) -> None:
    drafted = drafting.draft_broadcast(
        author=people.maya,
        broadcast_id=uuid.uuid4(),
        channel="email",
        subject="Hello",
        body=words.replace("[", "("),
        audience={"to": ["caseload"], "except": []},
        with_contact_card=False,
        is_announcement=False,
        now=timezone.now(),
    )
    preflight.review(drafted, now=timezone.now())


def _sent(people: Cast, words: str) -> Broadcast:
    now = timezone.now()
    about = {
        "subject": words[:60],
        "body": words,
        "audience_words": words[:200],
        "audience": {"to": ["caseload"]},
    }
    made = Broadcast.objects.create(
        author=people.maya, state="finished", created_at=now, launched_at=now, **about
    )
    for message in Message.objects.filter(
        direction="outbound", channel="text", status="failed"
    ).select_related("conversation"):
        student = message.conversation.student
        assert student is not None, "nobody unknown is written to"
        Recipient.objects.create(
            broadcast=made, student=student, outcome="text", body=words, message=message
        )
    return made
