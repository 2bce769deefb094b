"""The locks of a hand-over live in a database session. When it dies no call begins, and the texts leave later, once."""

from collections.abc import Iterable
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from quadline.consent import ledger
from quadline.conversations.rules import Status
from quadline.delivery import reconcile
from quadline.delivery.models import Attempt
from quadline.delivery.rules import LOST_AFTER, MOST_LOOKS
from quadline.delivery.tests.acts import look_due, rent, send_due, status, write
from tests.cast import Cast
from tests.house import Simulator


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("twilio")
def test_no_call_begins_after_the_session_that_holds_the_locks_has_died(
    committed_people: Cast, box: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    rent(committed_people.maya)
    text = write(committed_people.maya, committed_people.rosa)
    hold = ledger.hold

    def hold_and_die(pairs: Iterable[ledger.Pair]) -> set[ledger.Pair]:
        held = hold(pairs)
        end_session()
        return held

    with monkeypatch.context() as once:
        once.setattr(ledger, "hold", hold_and_die)
        with pytest.raises(OperationalError):
            send_due()
    connection.close()
    assert box.accepts() == []
    assert text.attempts.get().outcome == Attempt.Outcome.UNDER_WAY
    Attempt.objects.update(started_at=timezone.now() - LOST_AFTER - timedelta(seconds=1))
    for _ in range(1 + MOST_LOOKS):
        reconcile.settle_unknown_attempts(timestamp=0)
        look_due()
    send_due()
    assert (status(text), len(box.accepts())) == (Status.SENT, 1)


def end_session() -> None:
    """As a restart of the database does."""
    pid = connection.connection.info.backend_pid
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
