"""The composer as the page shows it: its tabs, what is written on them,
and what stands in the way of a text.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.college.current import college_settings
from quadline.consent import ledger
from quadline.consent.models import ConsentEntry
from quadline.consent.rules import Change, Reason, Source
from quadline.consent.stop_start_rules import counts
from quadline.conversations.models import Conversation
from quadline.delivery.notices import notice_due, opt_out_notice
from quadline.delivery.outbox.wait_explanation import trouble_of
from quadline.delivery.permission import opt_out_scope
from quadline.delivery.permission.opt_out_scope import reason_words
from quadline.delivery.permission.reach import OUT_OF_REACH
from quadline.inboxes.models import may_write_in
from quadline.inboxes.rules import is_shared
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState
from quadline.roster.models import PhoneTrouble, Student
from quadline.sms.segments import MAX_CHARACTERS
from quadline.web.compose.inserts import Inserts
from quadline.web.compose.written import WrittenDraft
from quadline.web.students.reach import ReachChip, reach_chips
from quadline.web.students.way_back import looked_up, whose_texts, why_out
from quadline.web.students.way_back import way_back as way_back_of

FIRST_TEXT_WORDS = (
    "Sending it requests your own texting number. That usually takes a few hours. The"
    " text waits for your number."
)
ONE_IS_READY = "Sending it gives you your own texting number. One is ready now."
TEXT_WAITS = "A text you send waits here and goes out automatically"
NUMBER_BEING_SET_UP = (
    f"Your number is being set up, usually within a few hours. {TEXT_WAITS} when it is"
    " active."
)
NEEDS_ADMINISTRATOR = (
    "There’s a problem with your number. Your administrator has been notified."
    f" {TEXT_WAITS} when it is fixed."
)
NUMBER_RESTS = (
    "Your number is resting: nothing is sent from it until an administrator wakes it."
    f" {TEXT_WAITS} then."
)
NOT_A_WRITER = "You have read-only access."
# No text can be written in these. "first" and "pending" are not among them: a text may
# wait for a number.
CLOSED_STATES = frozenset(
    {
        *("opted_out", "no_mobile", "landline", "bad_number", "wrong_number"),
        *("no_consent", "read_only"),
    }
)
WITH_NOTICE = frozenset({"ready", "first", "pending"})


@dataclass(frozen=True)
class Composer:
    """Both tabs of one form. ``email_to`` is the one student's address;
    "" for many, and where there is none.
    """

    # ready, first, pending, or one of CLOSED_STATES
    state: str
    post_url: str
    page_url: str
    message_id: uuid.UUID
    inserts: Inserts
    written: WrittenDraft = field(default_factory=WrittenDraft)
    notice: str = ""
    way_back: str = ""
    way_back_copied: str = ""  # the same, to be sent to the student
    since: datetime | None = None
    opt_out_notice: str = ""
    email_to: str = ""
    no_email: str = ""  # why no email can be written
    has_card: bool = False  # there is a contact card to attach
    max_length: int = MAX_CHARACTERS

    @property
    def is_closed(self) -> bool:
        """For texts; an email may still be written."""
        return self.state in CLOSED_STATES

    @property
    def text_url(self) -> str:
        return self._tab_url("text")

    @property
    def email_url(self) -> str:
        return self._tab_url("email")

    def _tab_url(self, tab: str) -> str:
        return f"{self.page_url}{'&' if '?' in self.page_url else '?'}tab={tab}"


def composer_for(
    user: User,
    student: Student | None,
    conversation: Conversation | None,
    *,
    post_url: str,
    page_url: str = "",
    written: WrittenDraft | None = None,
    reach: ReachChip | None = None,
) -> Composer:
    """What this user sees where one student is written to. ``page_url``
    shows it, where that is not ``post_url``.

    ``reach``: of the student for this user, where the page has asked already.
    """
    number = _number_written_from(user, conversation)
    state, notice, way_back, since = _state(
        user,
        student,
        conversation,
        number,
        reach,
    )
    due = (
        notice_due(conversation, number) if conversation else opt_out_notice(user.name)
    )
    return Composer(
        state=state,
        post_url=post_url,
        page_url=page_url or post_url,
        # Made with the form: a form that is sent twice is one message.
        message_id=uuid.uuid4(),
        inserts=Inserts(user, student),
        written=_with_draft(written or WrittenDraft(), user, conversation),
        notice=notice,
        way_back=way_back,
        way_back_copied=(
            way_back_of(student, number).copied
            if student and number and state == "opted_out"
            else ""
        ),
        since=since,
        opt_out_notice=due if state in WITH_NOTICE else "",
        email_to=student.email if student else "",
        no_email=(
            ""
            if student and student.email
            else "There is no email address on file for this student."
        ),
        # A card with a number that is not active yet would lead students to a dead
        # line.
        has_card=number is not None and number.state == NumberState.ACTIVE,
    )


def _number_written_from(
    user: User, conversation: Conversation | None
) -> SystemNumber | None:
    """The number of a shared inbox where its members write
    in it; else the user's own.
    """
    # A user's own inbox has the user's id: without a conversation it is that one.
    inbox_id = conversation.inbox_id if conversation else user.pk
    if is_shared(inbox_id) and may_write_in(user, inbox_id):
        return SystemNumber.objects.of_inbox(inbox_id)
    return SystemNumber.objects.of(user)


def _with_draft(
    written: WrittenDraft,
    user: User,
    conversation: Conversation | None,
) -> WrittenDraft:
    """What was begun and not sent is there again on every device."""
    # What somebody else began is nobody's business; what was just posted is newer than
    # what was kept.
    is_own = conversation is not None and may_write_in(user, conversation.inbox_id)
    return (
        replace(written, text=conversation.draft)
        if conversation and is_own and not written.text
        else written
    )


def composer_for_many(
    user: User,
    *,
    post_url: str,
    page_url: str = "",
    written: WrittenDraft | None = None,
) -> Composer:
    """The same where it goes to everyone the form's To names; the
    review tells what each of them gets.
    """
    number = SystemNumber.objects.of(user)
    state, notice, _, _ = (
        _number_state(number)
        if user.may[May.TEXT]
        else ("read_only", NOT_A_WRITER, "", None)
    )
    return Composer(
        state=state,
        post_url=post_url,
        page_url=page_url or post_url,
        message_id=uuid.uuid4(),
        inserts=Inserts(user),
        written=written or WrittenDraft(),
        notice=notice,
        opt_out_notice=opt_out_notice(user.name) if state in WITH_NOTICE else "",
        has_card=number is not None and number.state == NumberState.ACTIVE,
    )


def _state(
    user: User,
    student: Student | None,
    conversation: Conversation | None,
    number: SystemNumber | None,
    reach: ReachChip | None,
) -> tuple[str, str, str, datetime | None]:
    if not user.may[May.TEXT]:
        return "read_only", NOT_A_WRITER, "", None
    if conversation and not may_write_in(user, conversation.inbox_id):
        return (
            "read_only",
            f"Only {conversation.inbox.shown_name} can reply here.",
            "",
            None,
        )
    if student is None:
        return (
            "read_only",
            "This phone is not on the roster. Ask your administrator whose it is.",
            "",
            None,
        )
    # Only one reason is shown. Out of reach comes first: no other matters then.
    key = (reach or reach_chips([student], user)[student.pk]).key
    if key == OUT_OF_REACH:
        return "read_only", has_left(student), "", None
    if key in (Reason.NO_MOBILE, Reason.LANDLINE):
        return str(key), reason_words(Reason(key)), _new_number(student), None
    if key == Reason.OPTED_OUT and number:
        return _opted_out(student, number, user)
    if key in (Reason.WRONG_NUMBER, Reason.NO_CONSENT):
        return str(key), reason_words(Reason(key)), _look_at_phones(student), None
    if key == Reason.BAD_NUMBER:
        return _bad_number(student)
    return _number_state(number)


def _opted_out(
    student: Student,
    number: SystemNumber,
    user: User,
) -> tuple[str, str, str, datetime | None]:
    standing = opt_out_scope.standing_in_scope((student.mobile, number.phone))
    # The student may have texted START between the two queries; the next fetch of the
    # page shows it.
    if standing is None:
        return (
            "opted_out",
            reason_words(Reason.OPTED_OUT).rstrip("."),
            way_back_of(student, number).words,
            None,
        )
    why = (
        f"{why_out(student, standing.entry)} from"
        f" {whose_texts(standing, number, reader=user)}"
    )
    words = (
        looked_up(student)
        if standing.is_in_doubt
        else way_back_of(student, number).words
    )
    return "opted_out", why, words, standing.since


def _bad_number(student: Student) -> tuple[str, str, str, datetime | None]:
    trouble = PhoneTrouble.objects.filter(phone=student.mobile, is_bad=True).first()
    words = f" {trouble.words}" if trouble else ""
    notice = f"Texts to {student.mobile_written} have failed.{words}"
    return (
        "bad_number",
        notice,
        _new_number(student),
        trouble.since if trouble else None,
    )


def has_left(student: Student) -> str:
    return (
        f"{student.display_name} has left your caseload, so you cannot write to them."
        " Ask your administrator."
    )


def _new_number(student: Student) -> str:
    return f"Ask {student.first} for a mobile number; the roster brings it here."


def _first_text_words() -> str:
    if SystemNumber.objects.ready().exists():
        return ONE_IS_READY
    return f"{FIRST_TEXT_WORDS} {email_fallback_words()}"


def _look_at_phones(student: Student) -> str:
    return f"Open {student.first}’s profile to see what is known of the number."


def _number_state(
    number: SystemNumber | None,
) -> tuple[str, str, str, None]:
    if number is None:
        return "first", _first_text_words(), "", None
    if number.state == NumberState.ACTIVE:
        return "ready", "", "", None
    if number.state == NumberState.RESTING:
        return "pending", f"{NUMBER_RESTS} {email_fallback_words()}", "", None
    trouble = trouble_of(number, now=clock.now())
    delayed = (
        f"There’s a problem with your number. {trouble} {TEXT_WAITS} when it is active."
    )
    why = (
        NEEDS_ADMINISTRATOR
        if number.state == NumberState.FAILED
        else delayed
        if trouble
        else NUMBER_BEING_SET_UP
    )
    return "pending", f"{why} {email_fallback_words()}", "", None


def consent_lines(
    student: Student, system_phones: list[tuple[str, str]]
) -> list[dict[str, object]]:
    """What the ledger has on a student, newest first; ``system_phones`` are (E.164,
    whose) pairs the reader may see.
    """
    whose = dict(system_phones)
    # The ledger goes by phone: without one there is nothing to ask for.
    entries = ledger.history(student.mobile, whose) if student.mobile else []
    return [
        {
            "words": _line(entry, whose[entry.system_phone], entries),
            "at": entry.occurred_at,
        }
        for entry in entries
    ]


def _line(
    entry: ConsentEntry,
    whose: str,
    entries: Sequence[ConsentEntry],
) -> str:
    did = "Opted out of" if entry.change == Change.OPT_OUT else "Opted back in to"
    how = {
        Source.REPLY: f"replied {entry.keyword}",
        Source.CARRIER: "learned from the carrier",
        Source.STAFF: f"asked {entry.actor.name if entry.actor else 'a staff member'}",
    }
    words = (
        f". {entry.wording}" if entry.source == Source.STAFF and entry.wording else ""
    )
    return (
        f"{did} {whose}: {how[Source(entry.source)]}{words}{_order_of(entry, entries)}"
    )


def _order_of(entry: ConsentEntry, entries: Sequence[ConsentEntry]) -> str:
    """Words reach us in another order than they were said."""
    # Of the same number only: words to another decide nothing about this one.
    before = [
        each.word
        for each in entries
        if each.system_phone == entry.system_phone and each.pk < entry.pk
    ]
    has_counted = counts(entry.word, before)
    if has_counted is None:
        return ". Which of their words came last is being looked up."
    return "" if has_counted else ". It reached us late; a newer word of theirs counts."


def longest_wait() -> str:
    hours = college_settings().failsafe_number_hours
    return f"{hours:g} hour{'' if hours == 1 else 's'}"


def email_fallback_words() -> str:
    """A sentence of its own, after what the text waits for."""
    return f"If that takes over {longest_wait()}, it goes as an email."
