"""One college, its student system, a carrier and a clock: what a year does to them, each
as one call.
"""

import re
import uuid
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.utils import timezone

from quadline.accounts.administering import change_staff, details_of
from quadline.accounts.inviting import invite_staff
from quadline.accounts.models import User
from quadline.accounts.passwords import password_link_of
from quadline.accounts.staff_details import StaffDetails
from quadline.broadcasts import finishing
from quadline.broadcasts.drafting import draft_broadcast
from quadline.broadcasts.launching import launch_broadcast
from quadline.broadcasts.models import Broadcast
from quadline.broadcasts.preflight import review
from quadline.carriers.protocol import InboundText
from quadline.conversations.models import Message
from quadline.conversations.rules import Channel
from quadline.delivery.failsafe import email_sender
from quadline.delivery.inbound.filing import file_replies
from quadline.delivery.inbound.successor_answers import answer_with_successor
from quadline.delivery.outbox import accepting, deadlines
from quadline.delivery.outcomes import missing_receipts, reconciliation, stuck_texts
from quadline.delivery.rosters.watching import folder_of, look_into
from quadline.delivery.tests.acts import jobs, send_due
from quadline.handovers import carrying_out, ending
from quadline.handovers.planning import DepartureWish, plan_departure
from quadline.handovers.wording import answer_to_begin_from
from quadline.inboxes.departure_rules import EVERYBODY_ELSE, Share
from quadline.inboxes.models import Departure
from quadline.numbers import activation, provisioning, returning
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.models import RosterRun, RosterSource, Student
from tests.architecture.conftest import Enter
from tests.house import Simulator
from tests.year.files import Enrolled, StudentSystem

NEW_PASSWORD = "the river is wide in april"
TURN = timedelta(seconds=10)  # as the timetable has it


class CollegeYear:
    """Its clocks move together, and only when a test says so."""

    def __init__(
        self,
        administrator: User,
        box: Simulator,
        clock: time_machine.Traveller,
        source: RosterSource,
        enter: Enter,
    ) -> None:
        self.administrator, self.box, self.clock = administrator, box, clock
        self.enter = enter
        self.source = source
        self.registrar = StudentSystem()
        self.texts: list[uuid.UUID] = []
        self.hired_later: list[User] = []
        self.said = 0

    @property
    def now(self) -> datetime:
        return timezone.now()

    def pass_time(self, wait: timedelta) -> None:
        self.clock.shift(wait)
        healthz = self.box.ask("GET", "/simulator/healthz")
        behind = timezone.now().timestamp() - healthz["at"]
        if behind > 0:
            self.box.fast_forward(hours=behind / 3600)

    def hire(self, names: list[str], *, office: str = "Advising") -> list[User]:
        """Invited, and each has set a password by the link and signed in."""
        people = [
            StaffDetails(
                name=name,
                email=f"{name.split()[0].lower()}@alder.example",
                role="advisor",
                office=office,
            )
            for name in names
        ]
        hired = invite_staff(people, actor=self.administrator, now=self.now)
        for user in hired:
            self._accept_invitation(user)
        return hired

    def _accept_invitation(self, user: User) -> None:
        browser = self.enter(None)
        page = browser.get(re.sub(r"^https?://[^/]+", "", password_link_of(user)))
        fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        answer = browser.post(page["Location"], fields)
        assert answer.status_code == 302, "the password was set"
        answer = browser.post(
            "/accounts/login/", {"login": user.email, "password": NEW_PASSWORD}
        )
        assert answer.status_code == 302, "and is let in"

    def night(self, *, half: bool = False) -> RosterRun:
        """Another day, and a file of the student system in the small hours."""
        self.pass_time(timedelta(days=1))
        folder = folder_of(self.source)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.registrar.files(half=half).items():
            (folder / name).write_text(content)
        for _ in range(2):  # a file is whole when it has not grown between two looks
            self.source.refresh_from_db()
            look_into(self.source, now=self.now)
            self.pass_time(timedelta(minutes=1))
        return RosterRun.objects.latest("pk")

    def text(self, author: User, student: Enrolled, body: str) -> Message:
        return accepting.accept_text(
            author=author,
            student=Student.objects.get(institutional_id=student.id),
            message_id=self._new_id(),
            body=body,
            now=self.now,
        )

    def broadcast(self, author: User, body: str) -> Broadcast:
        """To the whole caseload."""
        broadcast = draft_broadcast(
            author=author,
            broadcast_id=uuid.uuid4(),
            channel=Channel.TEXT,
            subject="",
            body=body,
            audience={"to": ["caseload"]},
            with_contact_card=False,
            is_announcement=False,
            now=self.now,
        )
        review(broadcast, now=self.now)
        return launch_broadcast(
            broadcast, actor=author, fingerprint=broadcast.fingerprint, now=self.now
        )

    def work(self, turns: int = 3) -> None:
        """The workers' part: numbers are rented, texts leave, what is late is looked
        for.
        """
        for _ in range(turns):
            self._take_numbers_further()
            send_due()
            finishing.follow_once(self.now)
            email_sender.send_due_emails()
            self.pass_time(TURN)
        reconciliation.settle_unknown_attempts(timestamp=0)
        missing_receipts.look_up_missing_receipts(timestamp=0)
        stuck_texts.find_stuck_texts(timestamp=0)
        deadlines.email_overdue_texts(timestamp=0)

    def _take_numbers_further(self) -> None:
        new = [NumberState.REQUESTED, NumberState.ORDERING]
        for number in SystemNumber.objects.filter(state__in=new):
            provisioning.provision_number(number_id=number.pk)
        for number in SystemNumber.objects.filter(state=NumberState.REGISTERING):
            activation.activate(number, cause="registered", now=self.now)

    def say(self, student: Enrolled, to: str, words: str) -> Message | None:
        """A student texts a number; None when it is nobody's."""
        self.pass_time(timedelta(seconds=2))  # the carrier dates it in whole seconds
        sid = self.box.text(student.mobile, to, words, webhook_lost=True)["sid"]
        text = InboundText(sid, student.mobile, to, words)
        [message_id] = file_replies([text], now=self.now)
        self.said += message_id is not None
        return Message.objects.get(pk=message_id) if message_id else None

    def rename(self, user: User, name: str) -> None:
        seen = details_of(user)
        changed = replace(seen, name=name)
        change_staff(user, changed, seen=asdict(seen), actor=self.administrator)

    def plan_departure(
        self, leaver: User, follows: User, *, back_after: timedelta | None = None
    ) -> Departure:
        """From tomorrow on."""
        tomorrow = self.now.date() + timedelta(days=1)
        wish = DepartureWish(
            leaves_on=tomorrow,
            returns_on=tomorrow + back_after if back_after else None,
            shares=(Share(EVERYBODY_ELSE, follows.inbox.pk),),
            rest_days=90,
            answer=answer_to_begin_from(is_leave=back_after is not None),
        )
        return plan_departure(
            staff=leaver, wish=wish, actor=self.administrator, now=self.now
        )

    def pass_days(self, days: int) -> None:
        """And what the timetable does about staff and their numbers meanwhile."""
        self.pass_time(timedelta(days=days))
        carrying_out.carry_out_departures(timestamp=0)
        ending.end_departures(timestamp=0)
        for number in SystemNumber.objects.filter(state=NumberState.RELEASING):
            returning.return_number(number_id=number.pk)

    def answer_who_follows(self) -> None:
        """The jobs that texts to resting numbers have left, each run twice."""
        for arguments in jobs(answer_with_successor):
            answer_with_successor(**arguments)
            answer_with_successor(**arguments)

    def number_of(self, user: User) -> SystemNumber:
        live = SystemNumber.objects.live().filter(inbox__owner=user)
        return live.get()

    def is_offered(self, user: User, phone: str) -> None:
        """The carrier has just this number for sale when the user's is chosen."""
        SystemNumber.objects.filter(
            inbox__owner=user, state=NumberState.REQUESTED
        ).update(phone=phone)

    def last_number_of(self, user: User) -> SystemNumber:
        return SystemNumber.objects.filter(inbox__owner=user).latest("pk")

    def accepts(self) -> list[dict[str, Any]]:
        return self.box.accepts()

    def words_to(self, mobile: str, sender: str = "") -> list[str]:
        """All that the carrier took for this phone, oldest first."""
        return [line["body"] for line in self.box.accepts(to=mobile, sender=sender)]

    def _new_id(self) -> uuid.UUID:
        self.texts.append(uuid.uuid4())
        return self.texts[-1]


def folder_source(now: datetime, root: Path) -> RosterSource:
    root.mkdir(parents=True, exist_ok=True)
    return RosterSource.objects.create(name="Banner", folder="banner", created_at=now)
