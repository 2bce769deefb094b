"""What a week brings besides single texts, for the screenshots: a broadcast, an email,
words that may mean stop.
"""

import uuid
from dataclasses import dataclass

from django.utils import timezone

from quadline.accounts.models import User
from quadline.broadcasts import drafting, launching, preflight
from quadline.broadcasts.models import Broadcast
from quadline.delivery.outbox.email_outbox import accept_email
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.house import House, eventually

# Ids are made from it by name: they are the same in every run.
IDS = uuid.UUID("5c2ee5a0-7f0d-4c0e-8a3b-64d2a6f3a002")
REGISTRATION = (
    "Hi [Student Name], spring registration opens Monday at 8. Reply if you would like"
    " to plan your classes together. [Your Name]"
)
LATE_START = (
    "Hi [Student Name], late-start classes with open seats: alder.example/late."
    " Questions? Just text me. [Your Name]"
)
ANSWERS = [
    "Yes please! Is Tuesday ok?",
    "already registered, thank you!",
    "¿Puedo ir el jueves?",
    "can you help with the waitlist",
]


@dataclass(frozen=True)
class Week:
    review: Broadcast
    sent: Broadcast
    asked: Student
    emailed: Student


def live(house: House) -> Week:
    maya = User.objects.get(email="maya.alvarez@alder.example")
    number = SystemNumber.objects.get(inbox__owner=maya)
    sent = _draft(maya, "sent", REGISTRATION)
    launching.launch_broadcast(
        sent, actor=maya, fingerprint=sent.fingerprint, now=timezone.now()
    )
    eventually(
        lambda: Broadcast.objects.filter(pk=sent.pk, state="finished").exists(),
        within=60,
    )
    texted = list(
        Student.objects.filter(
            pk__in=sent.recipients.filter(outcome="text").values("student")
        ).order_by("pk")
    )
    for student, words in zip(texted, ANSWERS, strict=False):
        house.simulator.text(student.mobile, number.phone, words)
    house.simulator.text(texted[5].mobile, number.phone, "STOP")
    house.simulator.text(
        texted[6].mobile, number.phone, "please stop texting me this is my work phone"
    )
    emailed = texted[7]
    _email(maya, emailed)
    eventually(lambda: house.simulator.mail(emailed.email))
    house.simulator.answer_mail(
        emailed.email, "Thank you, that helps a lot! I will bring the form on Thursday."
    )
    review = _draft(maya, "review", LATE_START)
    eventually(
        lambda: emailed.conversations.filter(
            inbox__owner=maya, needs_reply=True
        ).exists()
    )
    return Week(review, Broadcast.objects.get(pk=sent.pk), texted[6], emailed)


def _draft(author: User, name: str, words: str) -> Broadcast:
    drafted = drafting.draft_broadcast(
        author=author,
        broadcast_id=uuid.uuid5(IDS, name),
        channel="text",
        subject="",
        body=words,
        audience={"to": ["caseload"], "except": []},
        with_contact_card=False,
        is_announcement=False,
        now=timezone.now(),
    )
    preflight.review(drafted, now=timezone.now())
    drafted.refresh_from_db()
    return drafted


def _email(author: User, student: Student) -> None:
    accept_email(
        author=author,
        student=student,
        message_id=uuid.uuid5(IDS, "email"),
        subject="Your change of program",
        body=(
            f"Hi {student.first},\n\nplease fill in pages 1 and 2 of the form. I will"
            f" sign page 3.\n\nBest,\n{author.name}"
        ),
        now=timezone.now(),
    )
