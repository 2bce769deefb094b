"""The life of a system number: which step may follow which, and
what each is called on the screen.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

USUALLY_WITHIN = timedelta(hours=24)
# of a trouble that is tried again: most are over by then
TOLD_AFTER = timedelta(minutes=15)


class State(StrEnum):
    REQUESTED = "requested"  # the user sent a first text; nothing is bought yet
    ORDERING = "ordering"  # one number is chosen and being bought
    # ours; receives, but the networks do not let it send yet
    REGISTERING = "registering"
    ACTIVE = "active"  # sends and receives
    RESTING = "resting"  # its user left; late texts still reach the college
    RELEASED = "released"  # given back to the carrier
    FAILED = "failed"  # an administrator must act; the reason says why


class Standing(StrEnum):
    """How a number comes on, as far as its user and an administrator are concerned."""

    READY = "ready"
    ON_ITS_WAY = "on_its_way"
    DELAYED = "delayed"  # something went wrong and is tried again; the reason says what
    LATE = "late"  # nothing is known to be wrong, and it takes too long
    NEEDS_ADMINISTRATOR = "needs_administrator"  # it does not go on without one


LIVE = frozenset(
    {State.REQUESTED, State.ORDERING, State.REGISTERING, State.ACTIVE, State.FAILED}
)
HELD = frozenset(
    {State.ORDERING, State.REGISTERING, State.ACTIVE, State.RESTING, State.FAILED}
)
BEING_SET_UP = frozenset(
    {State.REQUESTED, State.ORDERING, State.REGISTERING, State.FAILED}
)

NEXT: dict[State, frozenset[State]] = {
    # Straight to registering: a purchase of an earlier try was found and adopted.
    State.REQUESTED: frozenset(
        {State.ORDERING, State.REGISTERING, State.FAILED, State.RELEASED}
    ),
    State.ORDERING: frozenset(
        {State.ORDERING, State.REGISTERING, State.FAILED, State.RELEASED}
    ),
    State.REGISTERING: frozenset({State.ACTIVE, State.FAILED, State.RESTING}),
    State.ACTIVE: frozenset({State.REGISTERING, State.RESTING}),
    State.RESTING: frozenset({State.RELEASED, State.ACTIVE}),
    State.RELEASED: frozenset(),
    State.FAILED: frozenset(
        {
            State.REQUESTED,
            State.ORDERING,
            State.REGISTERING,
            State.ACTIVE,
            State.RESTING,
            State.RELEASED,
        }
    ),
}

STEPS = (
    (State.REQUESTED, "Requested"),
    (State.ORDERING, "Reserved"),
    (State.REGISTERING, "Registering with the networks"),
    (State.ACTIVE, "Active"),
)


@dataclass(frozen=True)
class Step:
    """One step as the screen shows it: ``state`` is done, now or todo."""

    label: str
    at: datetime | None
    state: str


def may_become(state: State, following: State) -> bool:
    return following in NEXT[state]


def steps_shown(state: State, reached: dict[State, datetime | None]) -> list[Step]:
    """The steps of a number on its way, each with the time it was reached.
    A failed number stops where it was.
    """
    order = [step for step, _ in STEPS]
    position = (
        order.index(state)
        if state in order
        else max((i for i, s in enumerate(order) if reached.get(s)), default=0)
    )
    shown = []
    for index, (step, label) in enumerate(STEPS):
        is_done = index < position or state is State.ACTIVE
        progress = "done" if is_done else "now" if index == position else "todo"
        shown.append(
            Step(
                label=label,
                at=reached.get(step) if progress != "todo" else None,
                state=progress,
            )
        )
    return shown


def is_late(requested_at: datetime, state: State, *, now: datetime) -> bool:
    """Whether a number is still not active after the time it usually takes at most."""
    return state in BEING_SET_UP and now - requested_at >= USUALLY_WITHIN


def standing(
    requested_at: datetime,
    state: State,
    reason: str,
    *,
    now: datetime,
) -> Standing:
    """``reason``: why it failed, or why its last step went
    wrong; "" when nothing did.
    """
    if state is State.FAILED:
        return Standing.NEEDS_ADMINISTRATOR
    if state not in BEING_SET_UP:
        return Standing.READY
    if reason:
        return Standing.DELAYED
    return (
        Standing.LATE if is_late(requested_at, state, now=now) else Standing.ON_ITS_WAY
    )
