"""The law of a broadcast: its states, and what each recipient would get. No database here."""

from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"  # written, perhaps reviewed; nothing has left
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"  # by a person; what had left, had left
    FINISHED = "finished"


class Outcome(StrEnum):
    """What the review says a recipient will get."""

    TEXT = "text"
    EMAIL = "email"  # as an email, because a text cannot reach them, or because it is an email that is sent
    NOTHING = "nothing"


MAY_BECOME: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.RUNNING}),
    State.RUNNING: frozenset({State.PAUSED, State.STOPPED, State.FINISHED}),
    State.PAUSED: frozenset({State.RUNNING, State.STOPPED}),
    State.STOPPED: frozenset(),
    State.FINISHED: frozenset(),
}
