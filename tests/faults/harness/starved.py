"""How a worker sends that has a few hundredths of a core: ``python -m
tests.faults.harness.starved``.

Raises a house, holds its worker to a share of one core by a control group of Linux, and
prints how the due texts left. Needs root and a writable cpu controller (cgroup v1 or
v2).
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what needs Django's settings, which are made below
    from quadline.numbers.models import SystemNumber
    from tests.house import House

V1 = Path("/sys/fs/cgroup/cpu")
V2 = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
GROUP = "quadline-starved"
LOOK_EVERY_SECONDS = 0.1
OUTCOMES = """
    SELECT outcome, why, count(*) FROM delivery_attempt GROUP BY outcome, why ORDER BY 3 DESC
"""


@dataclass(frozen=True)
class Figures:
    """``seconds`` from the moment the texts were due until the last was
    sent, or ``texts`` are not all sent.
    """

    texts: int
    sent: int
    seconds: float
    longest_still: float  # seconds between two looks at which more had been sent
    attempts: Sequence[tuple[str, str, int]]

    def __str__(self) -> str:
        per_minute = 60 * self.sent / self.seconds
        lines = [
            (
                f"{self.sent} of {self.texts} texts sent in {self.seconds:.1f} s:"
                f" {per_minute:.0f} a minute"
            ),
            f"longest time without progress: {self.longest_still:.1f} s",
        ]
        lines += [
            f"  {times:5} attempts: {what} {why}" for what, why, times in self.attempts
        ]
        return "\n".join(lines)


@contextmanager
def held_to(share: float, pid: int) -> Iterator[None]:
    """The process ``pid``, with all its threads, gets this share of one core."""
    quota_us = int(share * PERIOD_US)
    group = (V1 if V1.exists() else V2) / GROUP
    group.mkdir(exist_ok=True)
    if V1.exists():
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    else:
        (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
    (group / "cgroup.procs").write_text(str(pid))
    try:
        yield
    finally:
        (group.parent / "cgroup.procs").write_text(str(pid))
        group.rmdir()


def watched(texts: int, *, seconds: float) -> Figures:
    """Look until all are sent or so many seconds have passed."""
    from django.db import connection

    from quadline.conversations.models import Message

    began = last_progress = now = time.monotonic()
    sent, longest_still = 0, 0.0
    while sent < texts and now - began < seconds:
        time.sleep(LOOK_EVERY_SECONDS)
        now = time.monotonic()
        seen = Message.objects.exclude(sent_at=None).count()
        longest_still = max(longest_still, now - last_progress)
        if seen > sent:
            sent, last_progress = seen, now
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES)
        return Figures(texts, sent, now - began, longest_still, cursor.fetchall())


def an_active_number(built: "House") -> "SystemNumber":
    """One advisor's, rented and activated by the worker as long as it is not held."""
    from django.utils import timezone

    from quadline.numbers import provisioning
    from quadline.numbers.models import SystemNumber
    from quadline.numbers.rules import NumberState
    from tests.cast import staff
    from tests.house import eventually

    built.simulator.settings(registration_delay=0)
    author = staff("maya@alder.example", "Maya Alvarez")
    provisioning.request_number(inbox=author.inbox, actor=author, now=timezone.now())
    eventually(
        lambda: SystemNumber.objects.filter(
            inbox__owner=author, state=NumberState.ACTIVE
        ).exists()
    )
    return SystemNumber.objects.get(inbox__owner=author)


def make_due(number: "SystemNumber", texts: int) -> None:
    """So many texts of a broadcast at once."""
    from quadline.accounts.models import User
    from quadline.delivery.sending.sender import send_due_texts
    from quadline.delivery.tests.test_bulk_lookup import students, texts_of
    from quadline.jobs import enqueue
    from quadline.roster.models import CaseloadEntry

    reached = students(texts)
    mine = (
        CaseloadEntry(staff_id=number.its_inbox.pk, student=each) for each in reached
    )
    CaseloadEntry.objects.bulk_create(mine)  # of others they would be held
    texts_of(
        User.objects.get(pk=number.its_inbox.pk),
        number,
        reached,
        "The college is closed today.",
    )
    enqueue(send_due_texts)


def main() -> None:
    options = argparse.ArgumentParser("starved")
    options.add_argument("--share", type=float, default=0.05, help="of one core")
    options.add_argument("--texts", type=int, default=500)
    options.add_argument(
        "--seconds", type=float, default=300, help="the longest it is watched"
    )
    chosen = options.parse_args()
    import tests.environment  # noqa: F401  # the settings of tests, and a database server
    from tests import house

    built = house.build(
        Path(tempfile.mkdtemp(prefix="quadline-starved-")), database="starved"
    )
    try:
        os.environ.update(built.settings)
        import django

        django.setup()
        worker = built.processes["worker"].running
        assert worker is not None, "the house has a worker"
        number = an_active_number(built)
        with held_to(chosen.share, worker.pid):
            make_due(number, chosen.texts)
            figures = watched(chosen.texts, seconds=chosen.seconds)
        print(figures, flush=True)
        if ended := built.ended():
            print(f"ended meanwhile: {', '.join(ended)}; worker: {worker.returncode}")
    finally:
        built.stop()
    sys.exit(0 if figures.sent == figures.texts else 1)


if __name__ == "__main__":
    main()
