"""The law of each check, as tables: no database."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from quadline.health.checks import (
    check_callbacks,
    check_carrier,
    check_database,
    check_mail,
    check_queues,
    check_rosters,
    check_workers,
)
from quadline.health.facts import (
    CallbackFacts,
    CarrierFacts,
    DatabaseFacts,
    MailFacts,
    Queue,
    SourceFacts,
    WorkerFacts,
)
from quadline.health.opt_outs import is_above
from quadline.health.rules import Finding, HealthLevel

NOW = datetime(2026, 10, 5, 14, 0, tzinfo=UTC)
GREEN, YELLOW, RED, UNKNOWN = (
    HealthLevel.GREEN,
    HealthLevel.YELLOW,
    HealthLevel.RED,
    HealthLevel.UNKNOWN,
)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def says(finding: Finding, level: HealthLevel, *words: str) -> None:
    assert finding.level is level, finding
    for each in words:
        assert each in finding.what, finding
    # Whatever somebody has to do something about says what.
    assert bool(finding.next_step) or level in (GREEN, UNKNOWN), finding


@pytest.mark.parametrize(
    ("beat", "ticked", "level", "words"),
    [
        (ago(seconds=5), ago(seconds=5), GREEN, "A worker is running."),
        (ago(seconds=60), None, GREEN, "A worker is running."),
        (ago(seconds=61), None, RED, "since 1:58 PM"),
        (None, ago(hours=3), RED, "since 11:00 AM"),
        (ago(hours=4), ago(hours=3), RED, "since 11:00 AM"),
        (None, ago(days=2), RED, "since Oct 3, 2:00 PM"),
        (None, None, RED, "No worker has run yet"),
    ],
)
def test_workers(
    beat: datetime | None, ticked: datetime | None, level: HealthLevel, words: str
) -> None:
    finding = check_workers(WorkerFacts(beat, ticked), now=NOW)

    says(finding, level, words)
    assert finding.level is GREEN or "quadline worker" in finding.next_step


FINE = CarrierFacts(asked_at=ago(seconds=40), taken_at=ago(minutes=3))


@pytest.mark.parametrize(
    ("facts", "level", "words"),
    [
        (FINE, GREEN, "answers, last at 1:59 PM. It last took a text at 1:57 PM."),
        # a night in which nobody texts is known all the same
        (CarrierFacts(asked_at=ago(seconds=40)), GREEN, "answers, last at 1:59 PM."),
        (CarrierFacts(), UNKNOWN, "has not been asked yet"),
        (CarrierFacts(asked_at=ago(minutes=6)), UNKNOWN, "last asked at 1:54 PM"),
        # its log cannot be read: once may be a lost packet
        (replace(FINE, refused_at=ago(seconds=5), why="Away."), GREEN, "answers"),
        (
            CarrierFacts(ago(minutes=3), ago(seconds=5), "The token is wrong."),
            RED,
            "Nothing can be read from the carrier. The token is wrong.",
        ),
        (CarrierFacts(None, ago(seconds=5), "Away."), RED, "Away."),
        # it was away, and is back
        (CarrierFacts(ago(seconds=5), ago(minutes=1), "Away."), GREEN, "answers"),
        # texts without an answer: not one, not for a moment, not long ago
        (
            replace(FINE, failing=2, failing_since=ago(minutes=4), failed_at=NOW),
            GREEN,
            "",
        ),
        (
            replace(FINE, failing=9, failing_since=ago(seconds=9), failed_at=NOW),
            GREEN,
            "",
        ),
        (
            replace(
                FINE, failing=9, failing_since=ago(hours=9), failed_at=ago(hours=8)
            ),
            GREEN,
            "",
        ),
        (
            replace(FINE, failing=3, failing_since=ago(minutes=4), failed_at=NOW),
            RED,
            "3 attempts failed since 1:56 PM",
        ),
        (
            replace(FINE, turned_down=2, turned_down_words="Account suspended."),
            YELLOW,
            "refused 2 texts within an hour: Account suspended.",
        ),
    ],
)
def test_carrier(facts: CarrierFacts, level: HealthLevel, words: str) -> None:
    says(check_carrier(facts, now=NOW), level, words)


def test_without_a_worker_nothing_is_known_of_the_carrier() -> None:
    away = CarrierFacts(None, ago(seconds=5), "Away.")

    finding = check_carrier(away, now=NOW, has_worker=False)
    says(finding, UNKNOWN, "while no worker is running")


@pytest.mark.parametrize(
    ("facts", "level", "words"),
    [
        (CallbackFacts(), UNKNOWN, "No text has left yet."),
        (CallbackFacts(ago(minutes=2)), GREEN, "last one at 1:58 PM"),
        # no callback in a quiet night is no fault
        (CallbackFacts(ago(hours=9)), GREEN, "last one at 5:00 AM"),
        (CallbackFacts(ago(days=3)), UNKNOWN, "No text has left since."),
        (
            CallbackFacts(ago(hours=9), 1, ago(hours=1)),
            YELLOW,
            "1 text left since 1:00",
        ),
        (
            CallbackFacts(ago(hours=9), 5, ago(hours=1)),
            RED,
            "5 texts left since 1:00 PM",
        ),
        (CallbackFacts(None, 5, ago(hours=1)), RED, "no callback came"),
        (CallbackFacts(ago(minutes=2), fetched=1), YELLOW, "1 reply of the last hour"),
        (CallbackFacts(ago(minutes=2), fetched=9, called=1), YELLOW, "9 replies"),
        (CallbackFacts(ago(minutes=2), fetched=5), RED, "5 replies"),
        (
            CallbackFacts(ago(minutes=2), silent=6, recent=11),
            YELLOW,
            "6 of the last 11",
        ),
        (CallbackFacts(ago(minutes=2), silent=5, recent=10), GREEN, ""),
        (CallbackFacts(ago(minutes=2), silent=9, recent=9), GREEN, ""),
    ],
)
def test_callbacks(facts: CallbackFacts, level: HealthLevel, words: str) -> None:
    says(check_callbacks(facts, now=NOW), level, words)


def test_what_is_quiet_is_never_said_to_be_broken() -> None:
    for hours in range(1, 500):
        finding = check_callbacks(CallbackFacts(ago(hours=hours)), now=NOW)
        assert finding.level in (GREEN, UNKNOWN)


STUCK = MailFacts(
    waiting=3,
    waiting_since=ago(minutes=8),
    refused_since=ago(minutes=8),
    why="The mail server cannot be reached.",
)


@pytest.mark.parametrize(
    ("facts", "level", "words"),
    [
        (MailFacts(is_set_up=False), RED, "Email is not set up."),
        (MailFacts(), UNKNOWN, "nothing is known"),
        (MailFacts(taken_at=ago(hours=1)), GREEN, "last email at 1:00 PM"),
        (MailFacts(taken_at=ago(days=2)), UNKNOWN, "nothing is known"),
        (STUCK, RED, "3 emails to students are not sent yet. The mail server cannot"),
        (replace(STUCK, waiting=1), RED, "1 email to students is not sent yet"),
        (replace(STUCK, waiting=0, letters=2), RED, "2 emails to staff are not"),
        (
            replace(STUCK, letters=1),
            RED,
            "3 emails to students and 1 email to staff are",
        ),
        (replace(STUCK, refused_since=ago(minutes=4)), YELLOW, "not sent yet"),
        # later ones are taken: these wait for reasons of their own
        (replace(STUCK, refused_since=None), YELLOW, "not sent yet"),
    ],
)
def test_mail(facts: MailFacts, level: HealthLevel, words: str) -> None:
    says(check_mail(facts, now=NOW), level, words)


def test_without_a_worker_no_mail_server_is_blamed() -> None:
    assert check_mail(STUCK, now=NOW, has_worker=False).level is YELLOW


LATE = timedelta(minutes=20)


@pytest.mark.parametrize(
    ("texts", "failed", "level", "words"),
    [
        (Queue("text", "texts", 0, None), 0, GREEN, "Nothing waits longer"),
        (Queue("text", "texts", 900, ago(minutes=10)), 0, GREEN, "Nothing waits"),
        (Queue("text", "texts", 1, ago(minutes=11)), 0, YELLOW, "1 text: the oldest"),
        (Queue("text", "texts", 9, ago(minutes=20)), 0, YELLOW, "9 texts"),
        (Queue("text", "texts", 9, ago(minutes=21)), 0, RED, "since 1:39 PM"),
        (Queue("text", "texts", 0, None), 2, YELLOW, "2 jobs failed for good"),
    ],
)
def test_queues(texts: Queue, failed: int, level: HealthLevel, words: str) -> None:
    finding = check_queues([texts], failed_jobs=failed, late_after=LATE, now=NOW)

    says(finding, level, words)


def test_the_oldest_of_all_queues_is_named_first() -> None:
    queues = [
        Queue("text", "texts", 2, ago(minutes=12)),
        Queue("email to a student", "emails to students", 1, ago(hours=2)),
        Queue("callback to apply", "callbacks to apply", 5, ago(minutes=1)),
    ]
    finding = check_queues(queues, failed_jobs=0, late_after=LATE, now=NOW)

    says(
        finding, RED, "1 email to a student and 2 texts: the oldest has waited since 12"
    )
    assert finding.since == ago(hours=2)


BANNER = SourceFacts("Banner", "", None, ago(hours=9), time(4, 30))


@pytest.mark.parametrize(
    ("sources", "level", "words"),
    [
        ([], UNKNOWN, "No student system sends files"),
        ([BANNER], GREEN, "The last file came at 5:00 AM."),
        ([replace(BANNER, arrived_at=None)], UNKNOWN, "No file has come yet."),
        (
            [replace(BANNER, trouble="late")],
            RED,
            "of Banner has not come. It was expected by 4:30 AM.",
        ),
        (
            [replace(BANNER, trouble="missing")],
            RED,
            "for more than a day. The last one came at 5:00",
        ),
        (
            [BANNER, replace(BANNER, name="SIS", trouble="odd")],
            RED,
            "The last file of SIS was not imported.",
        ),
    ],
)
def test_rosters(sources: list[SourceFacts], level: HealthLevel, words: str) -> None:
    says(check_rosters(sources, now=NOW), level, words)


@pytest.mark.parametrize(
    ("used", "idle", "level", "words"),
    [
        (20, 0, GREEN, "20 of 100 connections"),
        (79, 0, GREEN, "79 of 100"),
        (80, 0, YELLOW, "80 of 100"),
        (95, 0, RED, "95 of 100"),
        (20, 10, GREEN, "answers"),
        (20, 11, YELLOW, "open for 11 minutes"),
    ],
)
def test_database(used: int, idle: int, level: HealthLevel, words: str) -> None:
    facts = DatabaseFacts(used, 100, timedelta(minutes=idle))

    says(check_database(facts), level, words)


@pytest.mark.parametrize(
    ("stops", "reached", "marked"),
    [
        (0, 0, False),
        (0, 500, False),
        (1, 1, False),  # one student's choice
        (2, 12, True),
        (24, 500, False),
        (25, 500, True),
        (30, 0, True),
    ],
)
def test_a_broadcast_is_marked_from_the_colleges_share_on(
    stops: int, reached: int, marked: bool
) -> None:
    assert is_above(stops, reached, marked_from=5) is marked
