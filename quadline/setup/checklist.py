"""How far the college has come, line by line: each from facts, none from a tick.

What was seen at another account or mail server does not count for this one.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator

from quadline import clock
from quadline.accounts.factors import TOTP, WEBAUTHN
from quadline.accounts.models import Office, User
from quadline.college.current import college_settings
from quadline.college.rules import CollegeSettings
from quadline.conversations.models import Message
from quadline.conversations.rules import Channel, Direction, Status
from quadline.delivery.opting.confirmations import confirmation_faults
from quadline.roster.models import RosterRun, Student
from quadline.setup import inbound_codes
from quadline.setup.deployment import (
    carrier_place,
    is_training,
    mail_place,
    missing_carrier_settings,
)
from quadline.setup.live_checks import last_check
from quadline.setup.models import LiveCheck, SetupLink
from quadline.setup.rules import CHECK_STARTS_WITHIN, LineState, SetupLine, worst
from quadline.setup.sample_data import sample_run

NO_WORKER = "Nobody has looked yet. Is quadline worker running?"
IS_SIMULATED = "The carrier is simulated: texts reach no phone."
# Facts of the first text are looked for this far back: no table is read whole.
ANSWERED_WITHIN = timedelta(days=90)


def checklist() -> list[SetupLine]:
    """Every line, in the order in which they are best done."""
    return [
        security_line(),
        college_line(),
        email_line(),
        students_line(),
        answered_line(),
        carrier_line(),
        replies_line(),
        keywords_line(),
    ]


def is_shown() -> bool:
    """Whether the setup stands among the pages of Manage: it began with the link, and
    something is open. A college of an earlier release never sees it.
    """
    if not SetupLink.objects.exclude(used_at=None).exists():
        return False
    return any(line.state is not LineState.OK for line in checklist())


def security_line() -> SetupLine:
    administrators = User.objects.who_manage()
    # Recovery codes stand in for a factor, and are none.
    protected = Authenticator.objects.filter(
        user__in=administrators, type__in=[TOTP, WEBAUTHN]
    )
    total = administrators.count()
    has = protected.values("user").distinct().count()
    title = "Second factor"
    if has < total:
        words = (
            f"{total - has} of {total} administrators sign in with a password alone."
        )
        return SetupLine("security", title, LineState.TODO, words)
    return SetupLine("security", title, LineState.OK, "Every administrator has one.")


def college_line() -> SetupLine:
    # All at once: a list that shrinks by one is no list.
    missing = list(_missing_of_college(college_settings()))
    if missing:
        words = f"Still missing: {', '.join(missing)}."
        return SetupLine("college", "College", LineState.TODO, words)
    return SetupLine(
        "college", "College", LineState.OK, college_settings().college_name
    )


def email_line() -> SetupLine:
    place = mail_place()
    if not place:
        words = (
            "No mail server is set: nobody is invited, and no text becomes an email."
        )
        return SetupLine("email", "Email", LineState.WRONG, words)
    check = last_check(LiveCheck.About.EMAIL, place=place)
    if check is None:
        return SetupLine(
            "email", "Email", LineState.TODO, "No test message was sent yet."
        )
    # The test message says more than that a server is named.
    state = check_state(check)
    words = state_words(check, state)
    return SetupLine("email", "Email", state, words)


def carrier_line() -> SetupLine:
    # Simulated before anything else: there all checks are right, and mean nothing.
    title = "Carrier"
    if is_training():
        return SetupLine("carrier", title, LineState.TODO, IS_SIMULATED)
    if missing := missing_carrier_settings():
        return SetupLine(
            "carrier", title, LineState.WRONG, f"Not set: {', '.join(missing)}."
        )
    check = last_check(LiveCheck.About.CARRIER, place=carrier_place())
    if check is None:
        return SetupLine(
            "carrier", title, LineState.TODO, "The account was not checked yet."
        )
    state = check_state(check)
    return SetupLine("carrier", title, state, state_words(check, state))


def replies_line() -> SetupLine:
    title = "Replies come in"
    if inbound_codes.is_heard():
        return SetupLine(
            "replies", title, LineState.OK, "A code that was texted came in."
        )
    # The difference tells where to look: at the webhook, or at the phone.
    code = inbound_codes.last_code()
    if code is not None and code.found_in_log_at:
        words = "The code reached the carrier, but its webhook never came."
        return SetupLine("replies", title, LineState.WRONG, words)
    words = "Text a code from your own phone to check."
    return SetupLine("replies", title, LineState.TODO, words)


def keywords_line() -> SetupLine:
    title = "STOP and HELP are answered"
    check = last_check(LiveCheck.About.CARRIER, place=carrier_place())
    seen = [
        (found.asked, faults)
        for found, faults in confirmation_faults()
        if check and found.last_at and found.last_at >= check.place_since
    ]
    # Of another account the carrier's log said nothing about this one.
    faults = [fault for _, each in seen for fault in each]
    if faults:
        return SetupLine("keywords", title, LineState.WRONG, " ".join(faults))
    missing = [
        word for word in ("help", "stop") if word not in {who for who, _ in seen}
    ]
    if missing:
        named = " and ".join(asked.upper() for asked in missing)
        words = f"Nobody has texted {named} to a number of yours yet."
        return SetupLine("keywords", title, LineState.UNKNOWN, words)
    return SetupLine("keywords", title, LineState.OK, "The carrier answers both.")


def students_line() -> SetupLine:
    title = "Students"
    # A full roster would report the sample students as leaving.
    sample = sample_run()
    if sample is not None:
        words = "Sample students are there. Remove them before your own come."
        return SetupLine("students", title, LineState.TODO, words)
    if Student.objects.filter(is_test=False).exists():
        return SetupLine("students", title, LineState.OK, "Your students are there.")
    # Somebody uploaded it and waits for nothing but their own click.
    under_way = RosterRun.objects.filter(state__in=("reading", "shown", "applying"))
    if under_way.exists():
        words = "A roster has come and is not applied yet."
        return SetupLine("students", title, LineState.TODO, words)
    return SetupLine("students", title, LineState.TODO, "No roster has come yet.")


def answered_line() -> SetupLine:
    title = "A first text, answered"
    since = clock.now() - ANSWERED_WITHIN
    check = last_check(LiveCheck.About.CARRIER, place=carrier_place())
    if check is not None:
        since = max(since, check.place_since)
    texts = Message.objects.filter(channel=Channel.TEXT, created_at__gte=since)
    delivered = texts.filter(direction=Direction.OUTBOUND, status=Status.DELIVERED)
    # In the same conversation: an unknown phone that writes is no answer.
    answers = texts.filter(
        direction=Direction.INBOUND,
        conversation__in=delivered.values("conversation"),
    )
    if answers.exists():
        return SetupLine(
            "answered", title, LineState.OK, "A text went out and was answered."
        )
    words = "Text a test student, and answer."
    return SetupLine("answered", title, LineState.TODO, words)


def check_state(check: LiveCheck) -> LineState:
    """What a check says as a whole; what it found before counts while it runs."""
    # A second check does not take away what the first one found.
    if check.done_at is None and not check.found:
        return LineState.WAITING
    return worst(line.state for line in check.lines)


def state_words(check: LiveCheck, state: LineState) -> str:
    if check.done_at is None and not check.found:
        return NO_WORKER if is_overdue(check, now=clock.now()) else "Being checked."
    words = [line.words for line in check.lines if line.state is state]
    return words[0] if state is not LineState.OK and words else _all_well(check)


def is_overdue(check: LiveCheck, *, now: datetime) -> bool:
    return check.done_at is None and now - check.asked_at > CHECK_STARTS_WITHIN


def is_unnamed(college: CollegeSettings) -> bool:
    # A college may be called so in the environment; then nobody has decided.
    unset: str = CollegeSettings.model_fields["college_name"].default
    return college.college_name == unset


def _all_well(check: LiveCheck) -> str:
    if len(check.lines) == 1:
        return check.lines[0].words
    return f"All {len(check.lines)} checks passed."


def _missing_of_college(college: CollegeSettings) -> Iterable[str]:
    if is_unnamed(college):
        yield "the name"
    if not college.college_phone:
        yield "the main line"
    if not (college.college_area_codes or college.college_region):
        yield "an area code"
    if not Office.objects.exists():
        yield "an office"
