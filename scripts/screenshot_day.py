"""A believable day at Alder College for the screenshots: written by our own acts,
answered by simulated phones.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection
from django.utils import timezone

from quadline.accounts.models import User
from quadline.consent.models import ConsentEntry, ConsentState
from quadline.conversations.models import Conversation, Message, MessageEvent
from quadline.conversations.reading import mark_read, save_draft, set_done
from quadline.conversations.rules import BEFORE_AN_ATTEMPT, Status
from quadline.delivery.outbox.accepting import accept_text
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student
from tests.history import write_history
from tests.house import House, Simulator, eventually

# Ids are made from it by name: they are the same in every run.
IDS = uuid.UUID("5c2ee5a0-7f0d-4c0e-8a3b-64d2a6f3a001")
SALLY, LONG_NAME, ANNIE, STOPPED, HISTORY = (
    "00417733",
    "00419460",
    "00425077",
    "00406305",
    "00405596",
)
STRANGER = "+19065550119"
ON_THEIR_WAY = {*BEFORE_AN_ATTEMPT, Status.SENDING, Status.SENT}
WELCOME = (
    "Hi Sally, this is your advisor at Alder College. Would you like to meet this week"
    " about spring classes?"
)
REFUSED = "Campaign is not eligible for this number"
PLACEMENT = "Latoya, your clinical placement is settled: St. Mary’s, from January 11."


@dataclass(frozen=True)
class Line:
    """Who says it ("me" or "they"),
    how many minutes before the present of the day, and what.
    """

    who: str
    ago: int
    words: str


def me(ago: int, words: str) -> Line:
    return Line("me", ago, words)


def they(ago: int, words: str) -> Line:
    return Line("they", ago, words)


DAY = 24 * 60
TALKS: dict[str, list[Line]] = {
    "00416948": [
        me(6 * DAY, "Your FAFSA review is through. Nothing more to do for you."),
        they(6 * DAY - 9, "omg thank you!!"),
    ],
    "00432625": [
        me(3 * DAY, "Chào Bảo, your placement test is on Monday at 9."),
        they(3 * DAY - 30, "Cảm ơn cô! Hẹn gặp cô 🙏"),
    ],
    "00402918": [
        me(2 * DAY, "Ming, could you send me your transcript from Wayne State?"),
        they(2 * DAY - 60, "好的，今天下午发给您"),
    ],
    "00418603": [
        me(DAY + 90, "Ben, the lab in 204 moves to Thursday this week. Same time.")
    ],
    STOPPED: [
        me(DAY + 70, "Spring registration opens Monday. Shall we plan your classes?"),
        they(DAY + 61, "STOP"),
    ],
    ANNIE: [
        me(
            DAY + 400,
            "Hi Annie, your dental hygiene application is due on Friday. Do you have"
            " both letters?",
        ),
        they(DAY + 380, "one of them! still waiting for prof kowalczyk"),
        me(DAY + 375, "I’ll remind her today."),
        me(50, "Annie, did Professor Kowalczyk send it?"),
    ],
    "00409112": [
        me(240, "Mohammed, your appointment is confirmed for Tuesday at 11."),
        they(228, "شكراً جزيلاً، إلى اللقاء يوم الثلاثاء"),
    ],
    LONG_NAME: [
        me(190, "Mina, the scholarship committee has said yes!"),
        they(
            64,
            "Thank you so much!! Does it cover the summer semester as well, or only"
            " fall and winter? 🎓🎉",
        ),
    ],
    "00431854": [
        me(130, "Siobhán, room 210 is free at 3. Shall we say 3?"),
        they(41, "I can’t log in to the portal again"),
    ],
    SALLY: [
        me(DAY + 22 * 60, WELCOME),
        they(DAY + 21 * 60 + 52, "hi! yes please, im so lost with the prereqs"),
        me(
            DAY + 20 * 60 + 30,
            "Happy to help. Could you do Thursday at 2 PM in Alder Hall 210?",
        ),
        they(9, "Yes! Thursday at 2 works for me."),
        they(8, "Do I need to bring anything?"),
    ],
}


def present() -> datetime:
    """10:42 in the morning; before noon, that of yesterday,
    so that nothing is in the future.
    """
    today = timezone.localtime()
    at = today.replace(hour=10, minute=42, second=0, microsecond=0)
    return at if at + timedelta(hours=1) < today else at - timedelta(days=1)


def live(house: House) -> None:
    """Everything that is on the pictures has happened when this returns."""
    maya = User.objects.get(email="maya.alvarez@alder.example")
    house.simulator.settings(registration_delay=0, callback_delay=0.02)
    _talk(house, maya, SALLY, TALKS[SALLY][:1])
    number = SystemNumber.objects.get(inbox__owner=maya)
    SystemNumber.objects.filter(pk=number.pk).update(
        **dict.fromkeys(STEPS, present() - timedelta(days=21))
    )
    for institutional_id, lines in TALKS.items():
        lines = lines[1:] if institutional_id == SALLY else lines
        if institutional_id == ANNIE:
            _talk(house, maya, ANNIE, lines[:3])
            house.simulator.fault(
                kind="unreachable",
                to=Student.objects.get(institutional_id=ANNIE).mobile,
            )
            lines = lines[3:]
        _talk(house, maya, institutional_id, lines)
    house.simulator.clear_faults()
    house.simulator.text(
        STRANGER,
        number.phone,
        "hey is this the advising office? my cousin gave me this number",
    )
    eventually(lambda: Conversation.objects.filter(phone=STRANGER).exists())
    _date(
        Message.objects.get(conversation__phone=STRANGER),
        present() - timedelta(minutes=25),
    )
    write_history(
        maya,
        Student.objects.get(institutional_id=HISTORY),
        count=300,
        until=present() - timedelta(days=9),
    )
    _tidy(maya)
    _date_opt_out()
    _numbers_of_others(house)


STEPS = ("requested_at", "ordering_at", "registering_at", "attached_at", "active_at")


def _tidy(maya: User) -> None:
    """What Maya did with them: read, answered with half a sentence, done."""
    mine = Conversation.objects.filter(inbox__owner=maya).select_related("student")
    for conversation in mine.exclude(student__institutional_id__in=[SALLY, LONG_NAME]):
        mark_read(conversation=conversation, reader=maya)
    save_draft(
        conversation=mine.get(student__institutional_id="00418603"),
        text="And please bring your goggles, ",
    )
    for institutional_id in ("00416948", "00432625", "00402918", "00409112"):
        conversation = mine.get(student__institutional_id=institutional_id)
        set_done(
            conversation=conversation,
            is_done=institutional_id == "00416948",
            actor=maya,
        )


def _date_opt_out() -> None:
    """The ledger takes no change, not even from us: only a superuser's session without
    triggers gets around that.
    """
    stopped = Message.objects.get(
        conversation__student__institutional_id=STOPPED, body="STOP"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        entry = ConsentEntry.objects.filter(
            carrier_reference=stopped.carrier_message_id
        )
        entry.update(occurred_at=stopped.created_at)
        ConsentState.objects.filter(entry__in=entry).update(since=stopped.created_at)
        cursor.execute("SET session_replication_role = DEFAULT")


def _numbers_of_others(house: House) -> None:
    """Amina's is active and she texts; Linh's and Priya's are on their way, Priya's
    late; the networks refused Jordan's.
    """
    to_sally = partial(_talk, house)
    amina, priya, jordan, linh = (
        User.objects.get(email=f"{name}@alder.example")
        for name in ("amina.yusuf", "priya.raman", "jordan.callahan", "linh.pham")
    )
    to_sally(
        amina,
        "00400180",
        [me(200, PLACEMENT)],
    )
    to_sally(
        amina,
        "00400448",
        [me(100, "Do you have five minutes today?"), they(31, "yes after 3")],
    )
    house.simulator.fault(kind="registration_failed", reason=REFUSED, times=1)
    to_sally(jordan, SALLY, [me(300, "Setup test")])
    eventually(
        lambda: SystemNumber.objects.get(inbox__owner=jordan).state == "failed",
        within=30,
    )
    house.simulator.settings(registration_delay=30 * 3600)
    to_sally(priya, SALLY, [me(27 * 60, "Setup test")])
    to_sally(linh, SALLY, [me(125, "Setup test")])
    for user, ago in ((priya, 27 * 60), (linh, 125), (jordan, 300), (amina, 9 * DAY)):
        eventually(
            lambda user=user: SystemNumber.objects.filter(
                inbox__owner=user, attached_at__isnull=False
            ).exists()
        )  # type: ignore[misc]
        number = SystemNumber.objects.get(inbox__owner=user)
        asked = present() - timedelta(minutes=ago)
        after = {
            field: asked + timedelta(seconds=20 * place)
            for place, field in enumerate(STEPS)
            if getattr(number, field)
        }
        SystemNumber.objects.filter(pk=number.pk).update(**after)
    house.simulator.settings(registration_delay=20)


def _date_steps(number: SystemNumber, asked_at: datetime) -> None:
    """Those that it has taken, as if it had been asked for then."""
    dates = {}
    for place, field in enumerate(STEPS):
        if getattr(number, field):
            dates[field] = asked_at + timedelta(seconds=20 * place)
    SystemNumber.objects.filter(pk=number.pk).update(**dates)


def _talk(house: House, staff: User, institutional_id: str, lines: list[Line]) -> None:
    student = Student.objects.get(institutional_id=institutional_id)
    for line in lines:
        for read in (
            Conversation.objects.filter(inbox__owner=staff, student=student)
            if line.who == "me"
            else ()
        ):
            mark_read(conversation=read, reader=staff)
        said = (
            _write(staff, student, line)
            if line.who == "me"
            else _answer(house.simulator, staff, student, line)
        )
        _date(said, present() - timedelta(minutes=line.ago))


def _write(staff: User, student: Student, line: Line) -> Message:
    message_id = uuid.uuid5(
        IDS, f"{staff.email} {student.institutional_id} {line.words}"
    )
    message = accept_text(
        author=staff,
        student=student,
        message_id=message_id,
        body=line.words,
        now=timezone.now(),
    )

    def is_settled() -> bool:
        message.refresh_from_db()
        waits = (
            SystemNumber.objects.filter(inbox__owner=staff)
            .exclude(state__in=("active", "requested", "ordering"))
            .exists()
        )
        return message.status not in ON_THEIR_WAY or (
            waits and message.status == Status.WAITING
        )

    eventually(is_settled, within=30)
    return message


def _answer(simulator: Simulator, staff: User, student: Student, line: Line) -> Message:
    simulator.text(
        student.mobile, SystemNumber.objects.get(inbox__owner=staff).phone, line.words
    )
    found = Message.objects.filter(
        conversation__inbox__owner=staff, conversation__student=student, body=line.words
    )
    return eventually(found.first)  # type: ignore[return-value]


def _date(message: Message, at: datetime) -> None:
    """As if it had happened then; a second or two between its events."""
    Message.objects.filter(pk=message.pk).update(created_at=at)
    for place, event in enumerate(message.events.all()):
        happened_at = at + timedelta(seconds=1.4 * place)
        MessageEvent.objects.filter(pk=event.pk).update(at=happened_at)
    conversation = Conversation.objects.filter(pk=message.conversation_id)
    conversation.update(last_activity_at=at)
