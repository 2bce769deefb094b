"""What the wizard's form holds, and how it is read. Nothing that was typed is lost: a
form that is refused comes back as it was posted.
"""

import uuid
from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict

from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.handovers.planning import DepartureWish
from quadline.handovers.preview import programs_of
from quadline.handovers.wording import LEFT_EMAIL, answer_to_begin_from
from quadline.inboxes.departure_rules import EVERYBODY_ELSE, Share, WaitingTexts
from quadline.inboxes.models import Departure
from quadline.web.requests import whole_number

NOT_A_DAY = "Enter a day, such as 2026-08-31."
NOT_A_NUMBER = "Enter a number of days, such as 90."
LONGEST_TYPED = 30_000  # characters of one field that are looked at


@dataclass
class ProgramChoice:
    """Who follows for one program; "" for the same as for everybody else."""

    name: str
    students: int
    chosen: str = ""


@dataclass
class DepartureForm:
    """As text, as it is shown and posted."""

    leaves_on: str = ""
    is_leave: bool = False
    returns_on: str = ""
    successor: str = ""
    programs: list[ProgramChoice] = field(default_factory=list)
    rest_days: str = ""
    answer: str = ""
    waiting_texts: str = WaitingTexts.HAND_OVER.value
    excepted: list[str] = field(default_factory=list)
    sends_email: bool = False
    email_subject: str = LEFT_EMAIL[0]
    email_body: str = LEFT_EMAIL[1]
    version: str = ""


def blank_form(staff: User) -> DepartureForm:
    return DepartureForm(
        rest_days=str(college_settings().number_rest_days),
        answer=answer_to_begin_from(is_leave=False),
        programs=[ProgramChoice(*each) for each in programs_of(staff)],
    )


def form_of(departure: Departure) -> DepartureForm:
    """As it is planned."""
    by_program = {share.program: str(share.inbox_id) for share in departure.shares}
    form = blank_form(departure.staff)
    for choice in form.programs:
        choice.chosen = by_program.get(choice.name, "")
    form.successor = by_program.get(EVERYBODY_ELSE, "")
    form.leaves_on = departure.leaves_on.isoformat()
    form.is_leave = departure.is_leave
    form.returns_on = departure.returns_on.isoformat() if departure.returns_on else ""
    form.rest_days = str(departure.rest_days)
    form.answer = departure.answer
    form.waiting_texts = departure.waiting_texts
    # As many as a page shows; nobody ticks more.
    form.excepted = [str(each) for each in departure.excepted_texts]
    form.sends_email = bool(departure.email_body)
    if departure.email_body:
        form.email_subject = departure.email_subject
        form.email_body = departure.email_body
    form.version = str(departure.version)
    return form


def posted_form(staff: User, post: QueryDict) -> DepartureForm:
    form = blank_form(staff)
    is_leave = post.get("kind") == "leave"
    # By name, not by place: a roster may have changed the programs meanwhile.
    chosen = dict(
        zip(post.getlist("program_name"), post.getlist("program"), strict=False)
    )
    for choice in form.programs:
        choice.chosen = chosen.get(choice.name, "")[:20]
    form.leaves_on = post.get("leaves_on", "")[:20]
    form.is_leave = is_leave
    form.returns_on = post.get("returns_on", "")[:20]
    form.successor = post.get("successor", "")[:20]
    form.rest_days = post.get("rest_days", "")[:10]
    form.answer = _one_line_ends(post.get("answer", ""))
    form.waiting_texts = post.get("waiting_texts", "")
    form.excepted = [each[:40] for each in post.getlist("excepted")[:500]]
    form.sends_email = post.get("sends_email") == "yes"
    form.email_subject = post.get("email_subject", "")[:LONGEST_TYPED]
    form.email_body = _one_line_ends(post.get("email_body", ""))
    form.version = post.get("version", "")[:10]
    # Words that nobody has changed follow the kind of departure.
    if form.answer.strip() in ("", answer_to_begin_from(is_leave=not is_leave)):
        form.answer = answer_to_begin_from(is_leave=is_leave)
    return form


def wish_of(
    form: DepartureForm,
) -> tuple[DepartureWish | None, dict[str, str]]:
    """What is asked for, or what cannot be read, in words by field."""
    faults: dict[str, str] = {}
    leaves_on = _day(form.leaves_on)
    returns_on = _day(form.returns_on) if form.is_leave else None
    # A leave has no such field that counts; what stands there is not asked.
    rest_days = whole_number(form.rest_days.strip())
    if leaves_on is None:
        faults["leaves_on"] = NOT_A_DAY
    if form.is_leave and returns_on is None:
        faults["returns_on"] = NOT_A_DAY
    if rest_days is None or rest_days > 9_999:
        if not form.is_leave:
            faults["rest_days"] = NOT_A_NUMBER
        rest_days = college_settings().number_rest_days
    if faults or leaves_on is None:
        return None, faults
    return (
        DepartureWish(
            leaves_on=leaves_on,
            returns_on=returns_on,
            shares=_shares(form),
            rest_days=rest_days,
            answer=form.answer.strip(),
            waiting_texts=_waiting(form.waiting_texts),
            excepted_texts=tuple(_ids(form.excepted)),
            email_subject=form.email_subject.strip() if form.sends_email else "",
            email_body=form.email_body.strip() if form.sends_email else "",
        ),
        faults,
    )


def _shares(form: DepartureForm) -> tuple[Share, ...]:
    """A program with the same successor as everybody else is no share of its own."""
    chosen = [(EVERYBODY_ELSE, form.successor)]
    chosen += [
        (choice.name, choice.chosen)
        for choice in form.programs
        if choice.chosen and choice.chosen != form.successor
    ]
    found = [(program, whole_number(value)) for program, value in chosen]
    return tuple(Share(program, value) for program, value in found if value)


def _waiting(value: str) -> WaitingTexts:
    known = value in set(WaitingTexts)
    return WaitingTexts(value) if known else WaitingTexts.HAND_OVER


def _ids(values: list[str]) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    for value in values:
        try:
            found.append(uuid.UUID(value))
        except ValueError:
            continue  # of no text
    return found


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


def _one_line_ends(words: str) -> str:
    """A form ends lines with two signs, whatever its page had."""
    return words[:LONGEST_TYPED].replace("\r\n", "\n")
