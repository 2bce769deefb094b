"""The consent ledger: append-only, the newest word counts, and a STOP
and a hand-over never pass each other.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from quadline.accounts.models import User
from quadline.consent import ledger
from quadline.consent.models import ConsentEntry, ConsentState
from quadline.consent.rules import Change, Source
from tests.house import PATIENCE, eventually

STUDENT, ADVISOR, OTHER_ADVISOR = "+17345550141", "+17342340001", "+17342340002"
PAIR = (STUDENT, ADVISOR)
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
OUT, IN = Change.OPT_OUT, Change.OPT_IN


def write(
    change: Change,
    *,
    at: datetime = NOON,
    pair: ledger.PhonePair = PAIR,
    reference: str = "",
) -> ConsentEntry | None:
    """As the carrier's log dates it."""
    return ledger.record_consent(
        pair=pair,
        change=change,
        source=Source.REPLY,
        occurred_at=at,
        carrier_at=at,
        carrier_reference=reference,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_consententry SET change = 'opt_in'",
        "UPDATE consent_consententry SET keyword = ''",
        "DELETE FROM consent_consententry",
        "DELETE FROM consent_consententry WHERE id > 0",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(statement: str) -> None:
    write(OUT)
    ConsentState.objects.all().delete()  # nothing but the trigger stands in the way

    with (
        pytest.raises(DatabaseError, match=r"Cannot (update|delete)"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert ConsentEntry.objects.get().change == OUT


@pytest.mark.django_db
def test_models_cannot_change_or_delete_an_entry_either() -> None:
    entry = write(OUT)
    assert entry is not None
    entry.change = IN

    for act in (entry.save, entry.delete, ConsentEntry.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


@pytest.mark.django_db
def test_a_pair_stands_where_its_newest_entry_says() -> None:
    assert not ledger.is_opted_out(PAIR)
    for hours, change in enumerate([OUT, IN, OUT, OUT, IN]):
        entry = write(change, at=NOON + timedelta(hours=hours))
        standing = ledger.consent_state(PAIR)

        assert ledger.is_opted_out(PAIR) is (change is OUT)
        assert standing is not None
        assert standing.entry == entry
    assert ConsentEntry.objects.count() == 5
    assert ConsentState.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("newer", "late"), [(IN, OUT), (OUT, IN)])
def test_a_word_that_arrives_late_is_kept_and_does_not_undo_a_newer_one(
    newer: Change, late: Change
) -> None:
    write(newer, at=NOON)
    write(late, at=NOON - timedelta(minutes=5))

    assert ledger.is_opted_out(PAIR) is (newer is OUT)
    assert [entry.change for entry in ledger.history(STUDENT, [ADVISOR])] == [
        newer,
        late,
    ]


@pytest.mark.django_db
def test_the_same_carrier_message_twice_is_one_entry() -> None:
    first = write(OUT, reference="SM1")
    again = write(OUT, at=NOON + timedelta(hours=1), reference="SM1")

    assert first is not None
    assert again is None
    assert ConsentEntry.objects.get().occurred_at == NOON


@pytest.mark.django_db
def test_a_repeated_stop_does_not_undo_the_start_between() -> None:
    write(OUT, reference="SM1")
    write(IN, at=NOON + timedelta(minutes=1), reference="SM2")
    write(OUT, at=NOON + timedelta(minutes=2), reference="SM1")

    assert not ledger.is_opted_out(PAIR)


@pytest.mark.django_db
def test_an_opt_out_of_one_number_leaves_the_others_alone() -> None:
    write(OUT)
    other_student = ("+17345550142", ADVISOR)

    assert ledger.opted_out([PAIR, (STUDENT, OTHER_ADVISOR), other_student]) == {PAIR}
    assert ledger.opted_out([(STUDENT, OTHER_ADVISOR)]) == ledger.opted_out([]) == set()
    write(IN, at=NOON + timedelta(hours=1), pair=(STUDENT, OTHER_ADVISOR))
    assert ledger.is_opted_out(PAIR)


@pytest.mark.django_db
def test_an_entry_keeps_its_proof() -> None:
    maya = User.objects.create_user("maya@alder.example", name="Maya Alvarez")
    ledger.record_consent(
        pair=PAIR,
        change=OUT,
        source=Source.STAFF,
        occurred_at=NOON,
        keyword="",
        wording="asked me in class",
        actor=maya,
    )
    entry = ConsentEntry.objects.get()

    assert (entry.student_phone, entry.system_phone) == PAIR
    assert (entry.source, entry.wording, entry.actor, entry.occurred_at) == (
        Source.STAFF,
        "asked me in class",
        maya,
        NOON,
    )


@pytest.mark.django_db
def test_the_patience_for_the_lock_does_not_stay_on_the_callers_transaction() -> None:
    write(OUT)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")

        assert cursor.fetchone() == ("0",)


def elsewhere(act: Callable[[], Any]) -> "Future[Any]":
    """Do it now in a thread with a database connection of its own."""

    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    return future


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    yield
    ledger._locked_here.clear()


@pytest.fixture(autouse=True)
def waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a text on its way still does so when a
    busy machine comes to look.
    """
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 10 * 1000 * int(PATIENCE))


def someone_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_stop_waits_until_the_text_on_its_way_is_handed_over() -> None:
    ledger.lock_shared([PAIR])
    stop = elsewhere(lambda: write(OUT))
    eventually(someone_waits)

    assert not stop.done()
    assert not ledger.is_opted_out(PAIR)
    ledger.unlock([PAIR])
    assert stop.result(timeout=PATIENCE) is not None
    assert ledger.is_opted_out(PAIR)


@pytest.mark.django_db(transaction=True)
def test_a_stop_gives_up_waiting_for_a_carrier_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger, "LOCK_TIMEOUT_MS", 150)
    ledger.lock_shared([PAIR])
    try:
        assert elsewhere(lambda: write(OUT)).result(timeout=PATIENCE) is not None
        assert ledger.is_opted_out(PAIR)
    finally:
        ledger.unlock([PAIR])


@pytest.mark.django_db(transaction=True)
def test_a_hand_over_is_left_for_later_while_a_stop_has_not_committed_and_then_sees_it() -> (
    None
):
    with transaction.atomic():
        write(OUT)
        assert (
            elsewhere(lambda: ledger.lock_shared([PAIR])).result(timeout=PATIENCE)
            == set()
        )

    assert ledger.lock_shared([PAIR]) == {PAIR}
    assert ledger.is_opted_out(PAIR)
    ledger.unlock([PAIR])


@pytest.mark.django_db(transaction=True)
def test_a_hand_over_does_not_go_past_a_stop_that_waits() -> None:
    ledger.lock_shared([PAIR])
    stop = elsewhere(lambda: write(OUT))
    eventually(someone_waits)

    assert ledger.lock_shared([PAIR]) == set(), "the same worker, a second text"
    assert (
        elsewhere(lambda: ledger.lock_shared([PAIR])).result(timeout=PATIENCE) == set()
    ), "another worker"
    ledger.unlock([PAIR])
    assert stop.result(timeout=PATIENCE) is not None


@pytest.mark.django_db(transaction=True)
def test_a_stop_to_one_number_does_not_wait_for_a_hand_over_from_another() -> None:
    ledger.lock_shared([(STUDENT, OTHER_ADVISOR)])
    try:
        assert elsewhere(lambda: write(OUT)).result(timeout=PATIENCE) is not None, (
            "or it would wait for longer"
        )
    finally:
        ledger.unlock([(STUDENT, OTHER_ADVISOR)])


@pytest.mark.django_db(transaction=True)
def test_what_is_held_ends_with_a_worker_that_dies() -> None:
    # the thread ends, its connection closes, nobody releases the lock
    elsewhere(lambda: ledger.lock_shared([PAIR])).result(timeout=PATIENCE)

    assert elsewhere(lambda: write(OUT)).result(timeout=PATIENCE) is not None, (
        "or it would wait for longer"
    )


@pytest.mark.django_db(transaction=True)
def test_the_same_stop_from_ten_calls_at_once_is_one_entry() -> None:
    calls = [elsewhere(lambda: write(OUT, reference="SM1")) for _ in range(10)]
    entries = [call.result(timeout=PATIENCE) for call in calls]

    assert len([entry for entry in entries if entry is not None]) == 1
    assert ConsentEntry.objects.count() == 1
