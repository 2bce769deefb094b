"""What resting, releasing or reassigning a number means, in sentences for the
administrator who is about to do it.
"""

from quadline.college.current import college_settings
from quadline.delivery.retiring.consequences import Consequences
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import NumberState

STATE_MEANINGS = {
    NumberState.REQUESTED: (
        "A first text asked for a number. It is being looked for at the carrier."
    ),
    NumberState.ORDERING: "A number is chosen and being bought.",
    NumberState.REGISTERING: (
        "It is rented and can receive. The networks don’t let it send yet."
    ),
    NumberState.ACTIVE: "It sends and receives.",
    NumberState.RESTING: (
        "Nothing is sent from it. What students write is still filed. You can wake it."
    ),
    NumberState.RELEASING: (
        "It is being given back to the carrier. Nothing is sent from it."
    ),
    NumberState.RELEASED: (
        "The college doesn’t have it any more. Conversations and opt-outs are kept."
    ),
    NumberState.MOVED: (
        "Another inbox has the number now. Conversations and opt-outs are kept here."
    ),
    NumberState.FAILED: "It could not be set up. Fix the reason, then try again.",
}


def sentences_for(
    act: str,
    number: SystemNumber,
    counted: Consequences,
) -> list[str]:
    whose = number.whose
    if act == "rest":
        return _resting(whose, counted)
    if act == "release":
        return _releasing(whose, number, counted)
    return _reassigning(whose, counted)


def _resting(whose: str, counted: Consequences) -> list[str]:
    hours = college_settings().failsafe_number_hours
    return [
        "Nothing is sent from it until an administrator wakes it.",
        _students(
            counted, "What they write is still filed, and calls are still answered."
        ),
        *_waiting(
            counted,
            f"wait until it is woken. After {hours:g} hours they go as emails, and so"
            " do new texts.",
        ),
        f"{_start(whose)} gets no other number meanwhile.",
        "You can wake it at any time.",
    ]


def _releasing(
    whose: str,
    number: SystemNumber,
    counted: Consequences,
) -> list[str]:
    next_text = f"The next text of {whose} gets a new number."
    return [
        "This can’t be undone. The carrier may rent the number to somebody else.",
        _students(
            counted,
            "What they send to it after that doesn’t reach the college, and they aren’t"
            " told.",
        ),
        *_waiting(counted, "go to the students as emails now."),
        "Conversations stay readable, and so does everything on record.",
        *_opted_out(counted, "That stays, and counts if the college rents it again."),
        *([next_text] if number.inbox_id else []),
    ]


def _reassigning(whose: str, counted: Consequences) -> list[str]:
    return [
        "The number moves to the inbox you choose and is active there at once.",
        _students(
            counted,
            f"Their conversations stay with {whose}. What they reply to this number is"
            " still filed there, until the new inbox has texted them.",
        ),
        "Students who know the number may take a text from the new inbox for one from"
        f" {whose}. The first one says who it is from and how to opt out.",
        *_waiting(counted, "go to the students as emails now."),
        *_opted_out(counted, "They stay opted out: the new inbox can’t text them."),
        f"The next text of {whose} gets a new number.",
    ]


def _students(counted: Consequences, then: str) -> str:
    if not counted.students:
        return "No student has texted with it."
    have = "student has" if counted.students == 1 else "students have"
    return f"{counted.students:,} {have} texted with it. {then}"


def _waiting(counted: Consequences, then: str) -> list[str]:
    found = []
    if counted.waiting:
        texts = "text" if counted.waiting == 1 else "texts"
        found.append(f"{counted.waiting:,} waiting {texts}: they {then}")
    if counted.paused:
        found.append(
            f"{counted.paused:,} in a paused broadcast: they stay paused until somebody"
            " resumes or stops it."
        )
    if counted.on_their_way:
        found.append(
            f"{counted.on_their_way:,} at the carrier already: those may still arrive."
        )
    return found


def _opted_out(counted: Consequences, then: str) -> list[str]:
    if not counted.opted_out:
        return []
    have = "phone has" if counted.opted_out == 1 else "phones have"
    return [f"{counted.opted_out:,} {have} opted out of it. {then}"]


def _start(whose: str) -> str:
    return whose[:1].upper() + whose[1:]
