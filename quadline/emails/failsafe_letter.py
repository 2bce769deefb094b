"""The email fail-safe: what a student reads when a text could not reach them.

Words only; who gets one is decided elsewhere.

The subject says nothing of what the text is about:
it is shown on locked screens and in shared inboxes.
"""

from dataclasses import dataclass
from enum import StrEnum
from html import escape

from quadline.emails.outgoing import one_line
from quadline.sms import phones


class FailsafeReason(StrEnum):
    """Why a text came as an email, as a student would say it."""

    OPTED_OUT = "opted_out"
    BLOCKED_BY_PHONE = "blocked_by_phone"
    NO_MOBILE = "no_mobile"
    LANDLINE = "landline"
    BAD_NUMBER = "bad_number"
    SWITCHED_OFF = "switched_off"
    FILTERED = "filtered"
    TOO_LATE = "too_late"
    BY_HAND = "by_hand"
    OTHER = "other"


FAILSAFE_REASON_WORDS: dict[FailsafeReason, str] = {
    FailsafeReason.OPTED_OUT: "You asked for no more texts from {system}.",
    FailsafeReason.BLOCKED_BY_PHONE: (
        "Your phone, or your phone company, blocks texts from {system}."
    ),
    FailsafeReason.NO_MOBILE: "{college} has no mobile number for you.",
    FailsafeReason.LANDLINE: (
        "The phone number that {college} has for you{ending} cannot get texts."
    ),
    FailsafeReason.BAD_NUMBER: (
        "The mobile number that {college} has for you{ending} does not work."
    ),
    FailsafeReason.SWITCHED_OFF: "Your phone{ending} was switched off or out of reach.",
    FailsafeReason.FILTERED: "Your phone company held the text back.",
    FailsafeReason.TOO_LATE: "The text could not be sent in time.",
    FailsafeReason.BY_HAND: "{staff} sent it by email so that you get it sooner.",
    FailsafeReason.OTHER: "The text could not be delivered to your phone.",
}
NEEDS_START = frozenset({FailsafeReason.OPTED_OUT, FailsafeReason.BLOCKED_BY_PHONE})
NEEDS_A_NUMBER = frozenset(
    {FailsafeReason.NO_MOBILE, FailsafeReason.LANDLINE, FailsafeReason.BAD_NUMBER}
)


@dataclass(frozen=True)
class Facts:
    """What the letter is made of. Phones are E.164, or empty when there is none."""

    text: str
    why: FailsafeReason
    staff_name: str
    staff_title: str
    staff_pronouns: str
    staff_signature: str  # several lines; "" when there is none
    office_phone: str
    college: str
    system_phone: str
    student_phone: str
    update_url: str


def subject(facts: Facts) -> str:
    return f"Message from {one_line(facts.staff_name)}"


def plain_letter(facts: Facts) -> str:
    """The letter for mail programs that show no HTML: the link is left to the words."""
    parts = [
        _opening(facts),
        _quoted(facts.text),
        f"Why this is an email: {_reason(facts)}",
        *_remedy(facts),
        _how_to_answer(facts),
    ]
    return "\n\n".join([*parts, _signature(facts)]) + "\n"


def html(facts: Facts) -> str:
    """The same letter with links that can be tapped.

    No pictures, nothing that is loaded, nothing that counts readers.
    """
    text = escape(facts.text).replace("\n", "<br>")
    parts = [_paragraph(_opening(facts)), f"<blockquote><p>{text}</p></blockquote>"]
    parts += [
        _paragraph(f"Why this is an email: {_reason(facts)}"),
        *(_paragraph(line) for line in _remedy(facts)),
    ]
    if may_start(facts):
        label = f"Text START to {phones.written(facts.system_phone)}"
        address = escape(start_link(facts.system_phone))
        parts.append(f'<p><a href="{address}"><strong>{label}</strong></a></p>')
    if facts.why in NEEDS_A_NUMBER and facts.update_url:
        parts.append(
            f'<p><a href="{escape(facts.update_url)}"><strong>Update your phone'
            " number</strong></a></p>"
        )
    parts += [_paragraph(_how_to_answer(facts)), _paragraph(_signature(facts))]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return (
        "<!doctype html><html"
        f' lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'
    )


def start_link(system_phone: str) -> str:
    """Opens the phone's texting app with START, addressed to this number.

    RFC 5724 has "?body="; iPhones since iOS 8 want "&body=". Both at once is read by
    both (https://communications.uams.edu/web/kb/creating-an-sms-link, read 2026-11).
    """
    return f"sms:{system_phone}?&body=START"


def may_start(facts: Facts) -> bool:
    return facts.why in NEEDS_START and facts.system_phone != ""


def _opening(facts: Facts) -> str:
    return (
        f"{one_line(facts.staff_name)} at {one_line(facts.college)} wrote you a text."
        " Here it is as an email."
    )


def _quoted(text: str) -> str:
    lines = [f"    {line}" for line in text.splitlines()]
    # An empty line stays empty: no blanks at its end.
    return "\n".join(line.rstrip() for line in lines)


def _reason(facts: Facts) -> str:
    staff = one_line(facts.staff_name)
    return FAILSAFE_REASON_WORDS[facts.why].format(
        staff=staff,
        college=one_line(facts.college),
        system=(
            f"{staff}'s number, {phones.written(facts.system_phone)}"
            if facts.system_phone
            else f"{staff}'s number"
        ),
        ending=(
            f", ending in {facts.student_phone[-4:]}," if facts.student_phone else ""
        ),
    )


def _remedy(facts: Facts) -> list[str]:
    """How to get texts again. Nothing when the trouble passes."""
    if may_start(facts):
        return [_remedy_by_start(facts)]
    if facts.why not in NEEDS_A_NUMBER:
        return []
    if facts.update_url:
        return [
            "To get texts from the college, correct your mobile number here:"
            f" {facts.update_url}"
        ]
    return [
        "To get texts from the college, answer this email with your mobile number, or"
        " give it to the registrar."
    ]


def _remedy_by_start(facts: Facts) -> str:
    written = phones.written(facts.system_phone)
    unblock = (
        "unblock this number, then "
        if facts.why is FailsafeReason.BLOCKED_BY_PHONE
        else ""
    )
    return (
        f"If you want texts from {one_line(facts.staff_name)} again, {unblock}text the"
        f" word START to {written} from your phone."
    )


def _how_to_answer(facts: Facts) -> str:
    call = (
        f", or call {phones.written(facts.office_phone)}" if facts.office_phone else ""
    )
    return f"To answer, reply to this email{call}."


def _signature(facts: Facts) -> str:
    """The sender's own, or who they are."""
    if facts.staff_signature:
        lines = facts.staff_signature.splitlines()
        return "\n".join(one_line(line) for line in lines)
    name = facts.staff_name
    if facts.staff_pronouns:
        name = f"{name} ({facts.staff_pronouns})"
    lines = [name, facts.staff_title, facts.college]
    return "\n".join(one_line(line) for line in lines if line)


def _paragraph(words: str) -> str:
    html = escape(words).replace("\n", "<br>")
    return f"<p>{html}</p>"
