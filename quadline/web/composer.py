"""The composer as the page shows it: whether a text can be written here, and what stands in the way."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.consent import ledger
from quadline.consent.rules import REASON_WORDS, Change, Reason, Source
from quadline.conversations.models import Conversation
from quadline.delivery.outbox import notice_due, opt_out_notice
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import State
from quadline.roster.models import Student
from quadline.sms import phones
from quadline.sms.segments import MAX_CHARACTERS

WAITS = "Texts you send wait here and go out by themselves"
FIRST = "Sending it asks for your own texting number. That usually takes a few hours, at most a day; the text waits for it."
BEING_SET_UP = f"Your number is being set up, usually within a few hours, at most a day. {WAITS}."
NEEDS_ADMINISTRATOR = f"Your number needs your administrator, who has been told. {WAITS} when it is mended."


@dataclass(frozen=True)
class Composer:
    state: str  # ready, first, pending, opted_out, no_mobile, landline, read_only
    post_url: str
    message_id: uuid.UUID
    notice: str = ""
    way_back: str = ""
    since: datetime | None = None
    draft: str = ""
    opt_out_notice: str = ""
    error: str = ""
    max_length: int = MAX_CHARACTERS


def composer_for(
    user: User,
    student: Student | None,
    conversation: Conversation | None,
    *,
    post_url: str,
    draft: str = "",
    error: str = "",
    message_id: uuid.UUID | None = None,
) -> Composer:
    """What this user sees where texts to this student are written."""
    number = SystemNumber.objects.of(user)
    state, notice, way_back, since = _state(user, student, conversation, number)
    due = notice_due(conversation, number) if conversation else opt_out_notice(user)
    return Composer(
        state=state,
        post_url=post_url,
        message_id=message_id or uuid.uuid4(),
        notice=notice,
        way_back=way_back,
        since=since,
        draft=draft or (conversation.draft if conversation and conversation.staff_id == user.pk else ""),
        opt_out_notice=due if state in ("ready", "first", "pending") else "",
        error=error,
    )


def _state(
    user: User, student: Student | None, conversation: Conversation | None, number: SystemNumber | None
) -> tuple[str, str, str, datetime | None]:
    if not user.may[May.TEXT]:
        return "read_only", "Your role reads conversations and does not write in them.", "", None
    if conversation and conversation.staff_id != user.pk:
        return "read_only", f"Only {conversation.staff.name} writes in this conversation.", "", None
    if student is None:
        return "read_only", "This phone is not on the roster. Ask your administrator whose it is.", "", None
    if not student.mobile:
        return _no_phone(student)
    standing = ledger.standing((student.mobile, number.phone)) if number and number.phone else None
    if number and standing and standing.opted_out:
        way_back = f"{student.first} must text START to {phones.written(number.phone)}"
        return "opted_out", _why_out(student, standing.entry.source, standing.entry.keyword), way_back, standing.since
    return _number_state(number)


def _no_phone(student: Student) -> tuple[str, str, str, None]:
    state, reason = ("landline", Reason.LANDLINE) if student.landline else ("no_mobile", Reason.NO_MOBILE)
    return state, REASON_WORDS[reason], f"Ask {student.first} for a mobile number; the roster brings it here.", None


def _why_out(student: Student, source: str, keyword: str) -> str:
    """The page goes on with ", since" and the time."""
    if source == Source.REPLY:
        return f"{student.first} replied {keyword} and gets no more texts from you"
    if source == Source.CARRIER:
        return f"{student.first} has opted out with the carrier and gets no more texts from you"
    return f"{student.first} asked a staff member for no more texts from you"


def _number_state(number: SystemNumber | None) -> tuple[str, str, str, None]:
    if number is None:
        return "first", FIRST, "", None
    if number.state == State.FAILED:
        return "pending", NEEDS_ADMINISTRATOR, "", None
    return ("ready", "", "", None) if number.state == State.ACTIVE else ("pending", BEING_SET_UP, "", None)


def consent_lines(student: Student, system_phones: list[tuple[str, str]]) -> list[dict[str, object]]:
    """What the ledger has on a student, newest first; ``system_phones`` are (E.164, whose) pairs the reader may see."""
    whose = dict(system_phones)
    entries = ledger.history(student.mobile, whose) if student.mobile else []
    return [
        {"words": _line(entry.change, entry.source, entry.keyword, whose[entry.system_phone]), "at": entry.occurred_at}
        for entry in entries
    ]


def _line(change: str, source: str, keyword: str, whose: str) -> str:
    did = "Opted out" if change == Change.OPT_OUT else "Opted in again"
    how = {Source.REPLY: f"replied {keyword}", Source.CARRIER: "learned from the carrier", Source.STAFF: "asked a staff member"}
    return f"{did} of {whose}: {how[Source(source)]}"
