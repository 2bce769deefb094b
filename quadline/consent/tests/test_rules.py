"""The verdict on one text: allowed, held or refused, and for which reason first."""

from datetime import UTC, datetime, time, timedelta

import pytest

from quadline.consent.rules import (
    CONVERSATION_LASTS,
    REASON_WORDS,
    QuietHours,
    Reason,
    RecipientFacts,
    Verdict,
    may_text,
)

NIGHT = QuietHours(time(21), time(8))
ZONE = ("America/Detroit",)
AT_NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
AT_MIDNIGHT = datetime(2026, 11, 24, 5, tzinfo=UTC)
IN_THE_MORNING = datetime(2026, 11, 24, 13, tzinfo=UTC)
MOBILE, LANDLINE = "+17345550141", "+17345550143"


@pytest.mark.parametrize(
    ("facts", "now", "verdict"),
    [
        (RecipientFacts(MOBILE, time_zones=ZONE), AT_NOON, Verdict(True)),
        (RecipientFacts(""), AT_NOON, Verdict(False, Reason.NO_MOBILE)),
        (RecipientFacts("", LANDLINE), AT_NOON, Verdict(False, Reason.LANDLINE)),
        (RecipientFacts(MOBILE, LANDLINE, time_zones=ZONE), AT_NOON, Verdict(True)),
        (
            RecipientFacts(MOBILE, opted_out=True),
            AT_NOON,
            Verdict(False, Reason.OPTED_OUT),
        ),
        (
            RecipientFacts(MOBILE, time_zones=ZONE),
            AT_MIDNIGHT,
            Verdict(False, Reason.QUIET_HOURS, IN_THE_MORNING),
        ),
        # What stands in the way for good is said before what passes with the night.
        (
            RecipientFacts("", LANDLINE, opted_out=True, time_zones=ZONE),
            AT_MIDNIGHT,
            Verdict(False, Reason.LANDLINE),
        ),
        (
            RecipientFacts("", opted_out=True, time_zones=ZONE),
            AT_MIDNIGHT,
            Verdict(False, Reason.NO_MOBILE),
        ),
        (
            RecipientFacts(MOBILE, opted_out=True, time_zones=ZONE),
            AT_MIDNIGHT,
            Verdict(False, Reason.OPTED_OUT),
        ),
    ],
)
def test_the_verdict_names_the_first_thing_that_stands_in_the_way(
    facts: RecipientFacts, now: datetime, verdict: Verdict
) -> None:
    assert may_text(facts, now=now, quiet_hours=NIGHT) == verdict


@pytest.mark.parametrize(
    ("wrote_ago", "is_allowed"),
    [
        (timedelta(0), True),
        (timedelta(minutes=5), True),
        (CONVERSATION_LASTS - timedelta(seconds=1), True),
        (CONVERSATION_LASTS, False),
        (timedelta(days=30), False),
        (None, False),
    ],
)
def test_a_student_who_wrote_lately_is_answered_at_night(
    wrote_ago: timedelta | None, is_allowed: bool
) -> None:
    facts = RecipientFacts(
        MOBILE,
        time_zones=ZONE,
        wrote_at=AT_MIDNIGHT - wrote_ago if wrote_ago is not None else None,
    )

    assert may_text(facts, now=AT_MIDNIGHT, quiet_hours=NIGHT).is_allowed is is_allowed


def test_writing_lately_does_not_undo_an_opt_out() -> None:
    facts = RecipientFacts(MOBILE, opted_out=True, time_zones=ZONE, wrote_at=AT_NOON)

    assert may_text(facts, now=AT_NOON, quiet_hours=NIGHT) == Verdict(
        False, Reason.OPTED_OUT
    )


def test_without_quiet_hours_the_night_holds_nothing() -> None:
    assert may_text(
        RecipientFacts(MOBILE, time_zones=ZONE), now=AT_MIDNIGHT, quiet_hours=None
    ).is_allowed


def test_only_the_night_holds_a_text_all_else_refuses_it() -> None:
    held = may_text(
        RecipientFacts(MOBILE, time_zones=ZONE), now=AT_MIDNIGHT, quiet_hours=NIGHT
    )
    refused = may_text(RecipientFacts(""), now=AT_MIDNIGHT, quiet_hours=NIGHT)

    assert (held.is_held, refused.is_held) == (True, False)


def test_every_reason_has_words_for_staff() -> None:
    assert REASON_WORDS.keys() == set(Reason)
    assert all(words.endswith(".") for words in REASON_WORDS.values())
