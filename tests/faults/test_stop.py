"""No text after STOP, even when the carrier itself would let it through."""

import threading

from django.db import connection

from quadline.consent.models import ConsentEntry
from quadline.conversations.models import Message
from quadline.numbers.models import SystemNumber
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually


def test_a_stop_between_claim_and_call_waits_for_the_call_and_then_nothing_follows(
    the_house: House, people: Cast
) -> None:
    simulator = the_house.simulator
    simulator.settings(carrier_blocks_opt_outs=False)
    first_text(people.maya, people.rosa, "One")
    eventually(lambda: simulator.accepts(to=people.rosa.mobile))
    number = SystemNumber.objects.get(inbox__owner=people.maya)

    simulator.fault(kind="slow", seconds=1.5, to=people.rosa.mobile)
    first_text(people.maya, people.rosa, "Two, on its way")
    eventually(lambda: simulator.ledger("fault"))  # the call is at the carrier
    stop = threading.Thread(
        target=simulator.text, args=(people.rosa.mobile, number.phone, "STOP")
    )
    stop.start()
    eventually(lambda: a_stop_waits() or not stop.is_alive())
    blocked = [
        first_text(people.maya, people.rosa, words) for words in ("Three", "Four")
    ]
    stop.join()

    stopped_at = ConsentEntry.objects.get(change="opt_out").recorded_at
    ended = ["blocked", "emailed"]  # the second, once its email has left
    eventually(
        lambda: (
            Message.objects.filter(
                pk__in=[m.pk for m in blocked], status__in=ended
            ).count()
            == 2
        )
    )
    attempts = Message.objects.filter(
        body="Two, on its way", attempts__outcome="accepted"
    )
    assert attempts.exists()
    bodies = [text["body"] for text in simulator.accepts(to=people.rosa.mobile)]
    assert len(bodies) == 2, bodies
    assert not any(
        message.attempts.exclude(outcome="unsent").exists() for message in blocked
    )
    assert simulator.accepts(to=people.rosa.mobile)[-1]["at"] <= stopped_at.timestamp()


def a_stop_waits() -> bool:
    """For anyone who hands over a text of the same pair."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT"
            " granted)"
        )
        return bool(cursor.fetchone()[0])


def test_a_student_who_stopped_is_not_texted_though_the_carrier_would(
    the_house: House, people: Cast
) -> None:
    simulator = the_house.simulator
    simulator.settings(carrier_blocks_opt_outs=False)
    first_text(people.maya, people.bo, "Hello Bo")
    eventually(lambda: simulator.accepts(to=people.bo.mobile))
    simulator.text(
        people.bo.mobile,
        SystemNumber.objects.get(inbox__owner=people.maya).phone,
        "Stop.",
    )
    refused = first_text(people.maya, people.bo, "Are you sure?")
    assert refused.status == "blocked"
    eventually(lambda: Message.objects.get(pk=refused.pk).events.exists())
    assert len(simulator.accepts(to=people.bo.mobile)) == 1
