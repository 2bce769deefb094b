"""The words that students get when somebody leaves: the answer of a resting number, and
the email in the leaver's name.
"""

import string

from quadline.delivery.outbox.email_outbox import MAX_EMAIL_BODY, MAX_SUBJECT
from quadline.inboxes.departure_rules import ANSWER_FIELDS
from quadline.sms import bodies, segments

LEFT_ANSWER = (
    "{leaver} no longer works at {college}. {successor} is your contact now: {reach}."
)
LEAVE_ANSWER = (
    "{leaver} is away from {college} until {day}. {successor} is your contact until"
    " then: {reach}."
)
LEFT_EMAIL = (
    "I am leaving [College]",
    "Hi [Student Name],\n\nI am leaving [College]. {successor} will be your contact"
    " from now on and knows about our conversations.\n\nIt was good to work with you."
    "\n\n[Your Name]",
)
ANSWER_FIELD_LIST = ", ".join(f"{{{name}}}" for name in ANSWER_FIELDS)


def answer_to_begin_from(
    *,
    is_leave: bool,
) -> str:
    return LEAVE_ANSWER if is_leave else LEFT_ANSWER


def fault_of_answer(written: str) -> str:
    """What is wrong with the answer's words; "" for nothing."""
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(written)]
    except ValueError:
        return f"A bracket has no partner. The fields are {ANSWER_FIELD_LIST}."
    unknown = [name for name in fields if name and name not in ANSWER_FIELDS]
    if "" in fields or unknown:
        named = f"{{{unknown[0]}}}" if unknown else "{}"
        return f"{named} is not a field. Use {ANSWER_FIELD_LIST}."
    try:
        text = bodies.checked_body(written)
    except bodies.BodyError as error:
        return str(error)
    # Half of what a text may have: names are filled in, and a notice may follow.
    over = len(text) - segments.MAX_CHARACTERS // 2
    if over > 0:  # the fields make it longer
        return f"The answer is {over} characters too long. Shorten it."
    return ""


def fault_of_email(
    subject: str,
    body: str,
) -> str:
    if not subject.strip() and not body.strip():
        return ""
    if not subject.strip() or not body.strip():
        return "Write both a subject and a message, or leave both empty."
    if len(subject) > MAX_SUBJECT or len(body) > MAX_EMAIL_BODY:
        return (
            f"The email is too long: {MAX_SUBJECT} characters of subject and"
            f" {MAX_EMAIL_BODY:,} of message are possible."
        )
    return ""
