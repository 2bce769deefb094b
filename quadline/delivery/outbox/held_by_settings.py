"""Texts that wait until a time which a setting of the college gave: when it is changed,
they are looked at again, and leave or wait by what counts now.
"""

from collections.abc import Collection
from datetime import timedelta

from quadline import clock
from quadline.conversations.rules import WaitingFor
from quadline.conversations.statuses import due_now
from quadline.delivery.sending.sender import send_due_texts
from quadline.jobs import enqueue, job

# by what holds a text: the settings that say until when
SETTINGS_THAT_HOLD = {
    WaitingFor.QUIET_HOURS: {
        "quiet_hours",
        "quiet_hours_states",
        "college_time_zone",
        "college_region",
    },
    WaitingFor.TOMORROW: {"texts_per_day"},
}
HELD = """
    status IN ('waiting', 'queued') AND reason = ANY(%(reasons)s) AND due_at > %(now)s
"""
EVERYONE_KNOWS_AFTER = timedelta(seconds=2)  # college/current.py


def look_again_at_held_texts(changed: Collection[str]) -> None:
    """``changed``: names of settings of the college. In the background, once every
    process goes by them.
    """
    reasons = [
        reason for reason, names in SETTINGS_THAT_HOLD.items() if names & set(changed)
    ]
    if reasons:
        enqueue(release_held_by_settings, after=EVERYONE_KNOWS_AFTER, reasons=reasons)


@job(queue="texts")
def release_held_by_settings(reasons: list[str]) -> None:
    """Due now; whoever claims them asks again, and puts off those that still wait."""
    due_now(HELD, {"reasons": reasons}, now=clock.now())
    enqueue(send_due_texts)
