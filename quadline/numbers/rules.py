"""The life of a system number: which step may follow which, and
what each is called on the screen.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

USUALLY_WITHIN = timedelta(hours=24)
# of a trouble that is tried again: most are over by then
TOLD_AFTER = timedelta(minutes=15)


class NumberState(StrEnum):
    REQUESTED = "requested"  # the user sent a first text; nothing is bought yet
    ORDERING = "ordering"  # one number is chosen and being bought
    # ours; receives, but the networks do not let it send yet
    REGISTERING = "registering"
    ACTIVE = "active"  # sends and receives
    # ours, and nothing leaves from it; what students write to it is still filed
    RESTING = "resting"
    RELEASING = "releasing"  # being given back; an answer of the carrier may be lost
    RELEASED = "released"  # given back to the carrier, or lost there
    MOVED = "moved"  # another inbox has the phone number now, in a row of its own
    FAILED = "failed"  # an administrator must act; the reason says why


class NumberStanding(StrEnum):
    """How a number comes on, as far as its user and an administrator are concerned."""

    READY = "ready"
    RESTING = "resting"  # until an administrator wakes it
    ON_ITS_WAY = "on_its_way"
    DELAYED = "delayed"  # something went wrong and is tried again; the reason says what
    LATE = "late"  # nothing is known to be wrong, and it takes too long
    NEEDS_ADMINISTRATOR = "needs_administrator"  # it does not go on without one


# The one number of an inbox. While it rests, the inbox gets no other.
LIVE_STATES = frozenset(
    {
        NumberState.REQUESTED,
        NumberState.ORDERING,
        NumberState.REGISTERING,
        NumberState.ACTIVE,
        NumberState.RESTING,
        NumberState.FAILED,
    }
)
# no longer ours, or no longer this inbox's
ENDED_STATES = frozenset({NumberState.RELEASED, NumberState.MOVED})
# What reaches it is filed.
HELD_STATES = frozenset(NumberState) - ENDED_STATES - {NumberState.REQUESTED}
SETUP_STATES = frozenset(
    {
        NumberState.REQUESTED,
        NumberState.ORDERING,
        NumberState.REGISTERING,
        NumberState.FAILED,
    }
)

# What goes straight to released, from a state in which it is ours, was found to be
# gone at the carrier.
NEXT_STATES: dict[NumberState, frozenset[NumberState]] = {
    # Straight to registering: a purchase of an earlier try was found and adopted.
    NumberState.REQUESTED: frozenset(
        {NumberState.ORDERING, NumberState.REGISTERING, NumberState.FAILED}
    ),
    NumberState.ORDERING: frozenset(
        {NumberState.ORDERING, NumberState.REGISTERING, NumberState.FAILED}
    ),
    NumberState.REGISTERING: frozenset(
        {
            NumberState.ACTIVE,
            NumberState.FAILED,
            NumberState.RELEASING,
            NumberState.RELEASED,
        }
    ),
    # Not straight to releasing: what rests can still be woken.
    NumberState.ACTIVE: frozenset(
        {NumberState.REGISTERING, NumberState.RESTING, NumberState.RELEASED}
    ),
    NumberState.RESTING: frozenset(
        {
            NumberState.ACTIVE,
            NumberState.RELEASING,
            NumberState.RELEASED,
            NumberState.MOVED,
        }
    ),
    NumberState.RELEASING: frozenset({NumberState.RELEASED}),
    NumberState.RELEASED: frozenset(),
    NumberState.MOVED: frozenset(),
    NumberState.FAILED: frozenset(
        {
            NumberState.REQUESTED,
            NumberState.ORDERING,
            NumberState.REGISTERING,
            NumberState.ACTIVE,
            NumberState.RELEASING,
            NumberState.RELEASED,
        }
    ),
}

NUMBER_STEPS = (
    (NumberState.REQUESTED, "Requested"),
    (NumberState.ORDERING, "Reserved"),
    (NumberState.REGISTERING, "Registering with the networks"),
    (NumberState.ACTIVE, "Active"),
)


@dataclass(frozen=True)
class NumberStep:
    """One step as the screen shows it: ``state`` is done, now or todo."""

    label: str
    at: datetime | None
    state: str


def may_become(state: NumberState, following: NumberState) -> bool:
    return following in NEXT_STATES[state]


def steps_shown(
    state: NumberState, reached: dict[NumberState, datetime | None]
) -> list[NumberStep]:
    """The steps of a number on its way, each with the time it was reached.
    A failed number stops where it was.
    """
    order = [step for step, _ in NUMBER_STEPS]
    position = (
        order.index(state)
        if state in order
        else max((i for i, s in enumerate(order) if reached.get(s)), default=0)
    )
    shown = []
    for index, (step, label) in enumerate(NUMBER_STEPS):
        is_done = index < position or state is NumberState.ACTIVE
        progress = "done" if is_done else "now" if index == position else "todo"
        shown.append(
            NumberStep(
                label=label,
                at=reached.get(step) if progress != "todo" else None,
                state=progress,
            )
        )
    return shown


def is_late(
    requested_at: datetime,
    state: NumberState,
    *,
    now: datetime,
) -> bool:
    """Whether a number is still not active after the time it usually takes at most."""
    return state in SETUP_STATES and now - requested_at >= USUALLY_WITHIN


def number_standing(
    requested_at: datetime,
    state: NumberState,
    reason: str,
    *,
    now: datetime,
) -> NumberStanding:
    """``reason``: why it failed, or why its last step went
    wrong; "" when nothing did.
    """
    if state is NumberState.FAILED:
        return NumberStanding.NEEDS_ADMINISTRATOR
    if state is NumberState.RESTING:
        return NumberStanding.RESTING
    if state not in SETUP_STATES:
        return NumberStanding.READY
    if reason:
        return NumberStanding.DELAYED
    return (
        NumberStanding.LATE
        if is_late(requested_at, state, now=now)
        else NumberStanding.ON_ITS_WAY
    )
