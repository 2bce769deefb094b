"""The law on texting a person: facts and a clock reading in,
a verdict out. No database here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from quadline.consent.keywords import Keyword as Keyword
from quadline.consent.keywords import keyword_in as keyword_in
from quadline.consent.quiet_hours import QuietHours as QuietHours
from quadline.consent.quiet_hours import quiet_until


class Change(StrEnum):
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"


class Source(StrEnum):
    REPLY = "reply"  # the student texted a keyword
    CARRIER = "carrier"  # the carrier refused a text because the student had opted out
    STAFF = "staff"  # the student asked a staff member


class Reason(StrEnum):
    OPTED_OUT = "opted_out"  # replied STOP, or asked a staff member
    NO_MOBILE = "no_mobile"  # no phone on file at all
    BAD_NUMBER = "bad_number"  # texts to this phone have failed for good before
    WRONG_NUMBER = "wrong_number"  # somebody reported that it is not the student's
    # the college has no consent on file for this phone, and demands it; or a refusal
    NO_CONSENT = "no_consent"
    # the student's words may mean stop, and nobody has answered that yet
    ASKED = "asked"
    LANDLINE = "landline"  # only a landline on file, which cannot get texts
    QUIET_HOURS = "quiet_hours"  # too early or too late where the student may be


REASON_WORDS: dict[Reason, str] = {
    Reason.OPTED_OUT: "The student has opted out of texts from this number.",
    Reason.NO_MOBILE: "There is no mobile number on file.",
    Reason.BAD_NUMBER: (
        "Texts to this number have failed before;"
        " it is not in service or takes no texts."
    ),
    Reason.WRONG_NUMBER: (
        "This number was reported as wrong. It gets no texts until somebody confirms"
        " it, or the roster brings another."
    ),
    Reason.NO_CONSENT: "No consent to texts is on file for this number.",
    Reason.ASKED: "The student may have asked for no more texts. Answer that first.",
    Reason.LANDLINE: "The only number on file is a landline, which cannot get texts.",
    Reason.QUIET_HOURS: "It is outside texting hours where the student is.",
}


@dataclass(frozen=True)
class RecipientFacts:
    """What is known of a person when a text to them is considered.

    ``time_zones``: every place they may be in (quiet_hours.place). ``wrote_at``: their
    last text to us, when one text answers it; None for a text of a broadcast, which
    answers nobody.
    """

    mobile: str
    landline: str = ""
    opted_out: bool = False
    bad_number: bool = False
    wrong_number: bool = False
    lacks_consent: bool = False
    may_have_asked_to_stop: bool = False
    time_zones: tuple[str, ...] = ()
    wrote_at: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """Allowed, held (may go later; ``until`` says when, if time
    alone decides) or refused, and why.
    """

    is_allowed: bool
    reason: Reason | None = None
    until: datetime | None = None

    @property
    def is_held(self) -> bool:
        is_asked_first = self.reason is Reason.ASKED
        return self.until is not None or is_asked_first


ALLOWED = Verdict(True)
CONVERSATION_LASTS = timedelta(hours=2)


def may_text(
    recipient: RecipientFacts,
    *,
    now: datetime,
    quiet_hours: QuietHours | None = None,
) -> Verdict:
    """Whether a text may go to this person now.

    A student who texted within the last two hours is in conversation, and is answered
    in quiet hours too: the hours are a norm for unasked texts (47 CFR 64.1200(c)(1)).
    """
    if not recipient.mobile:
        return Verdict(
            False, Reason.LANDLINE if recipient.landline else Reason.NO_MOBILE
        )
    if recipient.opted_out:
        return Verdict(False, Reason.OPTED_OUT)
    if recipient.wrong_number:
        return Verdict(False, Reason.WRONG_NUMBER)
    if recipient.lacks_consent:
        return Verdict(False, Reason.NO_CONSENT)
    if recipient.bad_number:
        return Verdict(False, Reason.BAD_NUMBER)
    if recipient.may_have_asked_to_stop:
        return Verdict(False, Reason.ASKED)
    in_conversation = (
        recipient.wrote_at is not None and now - recipient.wrote_at < CONVERSATION_LASTS
    )
    if (
        quiet_hours
        and not in_conversation
        and (until := quiet_until(now, recipient.time_zones, quiet_hours))
    ):
        return Verdict(False, Reason.QUIET_HOURS, until)
    return ALLOWED
