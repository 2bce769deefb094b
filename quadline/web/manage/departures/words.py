"""How a departure stands, and what became of a text, in words for administrators."""

from quadline.handovers.models import HandedText
from quadline.inboxes.departure_rules import DepartureState
from quadline.inboxes.models import Departure
from quadline.web.students.reach import ReachChip

TEXT_OUTCOMES = {
    HandedText.Outcome.HANDED_OVER: "Handed over to {to}",
    HandedText.Outcome.CANCELLED: "Canceled, as planned",
    HandedText.Outcome.NOT_THEIRS: "Canceled: the student was on no caseload here",
    HandedText.Outcome.STOPPED: "Canceled with its broadcast",
}
SHOWN_TEXTS = 200


def chip_of(departure: Departure) -> ReachChip:
    if departure.is_planned and departure.problem:
        return ReachChip("Needs a change", "bad", "alert")
    if departure.is_planned:
        return ReachChip("Planned", "", "clock")
    if departure.is_in_effect:
        words = "On leave" if departure.is_leave else "Left"
        return ReachChip(words, "ok", "tick")
    if departure.state == DepartureState.CANCELLED:
        return ReachChip("Canceled", "", "x")
    words = "Back from leave" if departure.is_leave else "Works here again"
    return ReachChip(words, "", "tick")


def text_rows(departure: Departure) -> list[tuple[HandedText, str]]:
    """Each text that waited on the day, and what became of it."""
    rows = departure.handed_texts.select_related(
        "message__conversation__student", "inbox__owner"
    )
    return [
        (
            row,
            TEXT_OUTCOMES[HandedText.Outcome(row.outcome)].format(
                to=row.inbox.shown_name if row.inbox else ""
            ),
        )
        for row in rows.order_by("at", "pk")[:SHOWN_TEXTS]
    ]
