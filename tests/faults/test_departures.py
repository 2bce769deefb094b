"""A worker dies in the middle of carrying out a departure."""

from contextlib import closing

import psycopg
from django.db import connection
from django.utils import timezone

from quadline.conversations.models import Conversation
from quadline.handovers.carrying_out import carry_out_departures
from quadline.handovers.models import HandedStudent
from quadline.handovers.planning import today_on_campus
from quadline.handovers.tests.acts import plan
from quadline.inboxes.models import Departure
from quadline.jobs import enqueue
from quadline.roster.models import CaseloadEntry
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually

# Whoever waits for a row of conversations, in a transaction that has done more.
WAITS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query ILIKE '%conversations_conversation%'
"""


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(
    the_house: House, people: Cast
) -> None:
    simulator = the_house.simulator
    first_text(people.maya, people.rosa, "Hello")
    eventually(lambda: simulator.accepts(to=people.rosa.mobile))
    talk = Conversation.objects.get()
    departure = plan(people, people.maya, people.theo)
    assert departure.leaves_on == today_on_campus(timezone.now())

    with closing(psycopg.connect(**connection.get_connection_params())) as other:
        # The caseload is given before: the worker stops between the two.
        other.execute(
            "SELECT FROM conversations_conversation WHERE id = %s FOR UPDATE",
            [talk.pk],
        )
        enqueue(carry_out_departures, timestamp=0)
        eventually(_somebody_waits)
        the_house.kill("worker")
        other.rollback()

    assert Departure.objects.get().is_planned
    assert CaseloadEntry.objects.filter(staff=people.maya).count() == 4
    the_house.start("worker")
    eventually(lambda: Departure.objects.get().is_in_effect, within=180)
    assert CaseloadEntry.objects.filter(staff=people.theo).count() == 4
    assert HandedStudent.objects.count() == 4
    assert Conversation.objects.get().inbox_id == people.theo.pk


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return bool(cursor.fetchone()[0])
