"""Each trouble is told once when it begins and once when it is over, whatever else
happens meanwhile.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from quadline.health.models import CheckWatch
from quadline.health.rules import Finding, HealthCheck, HealthLevel
from quadline.health.watching import note_finding, red_labels, watch_health
from tests.cast import Cast

START = datetime(2026, 10, 5, 14, 0, tzinfo=timezone.get_default_timezone())
SAID = {
    HealthLevel.RED: "The carrier does not answer.",
    HealthLevel.GREEN: "The carrier answers.",
}
RunLetters = Callable[[], int]


def finding(level: HealthLevel, check: HealthCheck = HealthCheck.CARRIER) -> Finding:
    return Finding(check, level, SAID[level], "Look at its status page.")


def note(
    minutes: Sequence[int],
    level: HealthLevel,
    check: HealthCheck = HealthCheck.CARRIER,
) -> None:
    for minute in minutes:
        note_finding(finding(level, check), now=START + timedelta(minutes=minute))


def subjects() -> list[str]:
    return [str(letter.subject) for letter in mail.outbox]


def test_one_letter_when_it_is_red_and_one_when_it_is_over(
    people: Cast, run_letters: RunLetters
) -> None:
    note(range(20), HealthLevel.RED)
    run_letters()
    assert subjects() == ["Texting needs attention: Carrier"]
    [letter] = mail.outbox
    assert letter.to == [people.ada.email]
    assert "The carrier does not answer." in letter.body
    assert "Look at its status page." in letter.body
    assert "/manage/health/" in letter.body
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"

    note(range(20, 40), HealthLevel.GREEN)
    run_letters()
    assert subjects()[1:] == ["Texting works again: Carrier"]
    assert "The carrier answers." in mail.outbox[1].body


def test_a_moment_of_red_is_told_to_nobody(
    people: Cast, run_letters: RunLetters
) -> None:
    note(range(4), HealthLevel.RED)
    note(range(4, 20), HealthLevel.GREEN)

    assert (run_letters(), mail.outbox) == (0, [])


def test_a_worker_that_starts_again_tells_nothing_twice(
    people: Cast, run_letters: RunLetters
) -> None:
    """What was told is in the database, in the transaction that enqueued it."""
    note(range(8), HealthLevel.RED)
    watch = CheckWatch.objects.get()
    note([7, 6, 3], HealthLevel.RED)  # and a look that comes late changes nothing

    assert CheckWatch.objects.get().looked_at == watch.looked_at
    assert run_letters() == 1


def test_over_before_the_letter_left_is_one_letter(
    people: Cast, run_letters: RunLetters
) -> None:
    """As when the mail server was away: the end says what there is to know."""
    note(range(8), HealthLevel.RED)
    note(range(8, 20), HealthLevel.GREEN)
    run_letters()

    assert subjects() == ["Texting works again: Carrier"]
    assert "lasted from" in mail.outbox[0].body


def test_of_email_itself_no_email_tells_until_it_is_over(
    people: Cast, run_letters: RunLetters
) -> None:
    note(range(9), HealthLevel.RED, HealthCheck.MAIL)
    assert (run_letters(), red_labels()) == (0, ["Email"])

    note(range(9, 20), HealthLevel.GREEN, HealthCheck.MAIL)
    run_letters()
    assert (subjects(), red_labels()) == (["Texting works again: Email"], [])


def test_roster_files_have_letters_of_their_own(
    people: Cast, run_letters: RunLetters
) -> None:
    note(range(9), HealthLevel.RED, HealthCheck.ROSTER)
    note(range(9, 20), HealthLevel.GREEN, HealthCheck.ROSTER)

    assert run_letters() == 0


def test_a_time_without_workers_is_told_when_one_is_back(
    people: Cast, run_letters: RunLetters
) -> None:
    note([0, 1, 2], HealthLevel.GREEN, HealthCheck.WORKERS)
    note([32, 33, 34], HealthLevel.GREEN, HealthCheck.WORKERS)
    run_letters()

    assert subjects() == ["Texting works again: Workers"]
    assert "from Oct 5, 2:02 PM to Oct 5, 2:32 PM" in mail.outbox[0].body


def test_two_checks_are_two_troubles(people: Cast, run_letters: RunLetters) -> None:
    note(range(8), HealthLevel.RED)
    note(range(8), HealthLevel.RED, HealthCheck.QUEUES)
    run_letters()

    assert sorted(subjects()) == [
        "Texting needs attention: Carrier",
        "Texting needs attention: Queues",
    ]
    assert red_labels() == ["Carrier", "Queues"]


def test_nobody_who_left_is_told(people: Cast, run_letters: RunLetters) -> None:
    people.ada.is_active = False
    people.ada.save()
    note(range(8), HealthLevel.RED)
    run_letters()

    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_tells(people: Cast) -> None:
    note(range(5), HealthLevel.RED)
    together = Barrier(2)

    def look(second: int) -> None:
        together.wait()
        note_finding(
            finding(HealthLevel.RED), now=START + timedelta(minutes=6, seconds=second)
        )
        connections.close_all()

    workers = [Thread(target=look, args=[second]) for second in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    told = ProcrastinateJob.objects.filter(
        task_name="quadline.health.email_check_is_red"
    )
    assert told.count() == 1


def test_the_timetables_look_remembers_every_check(people: Cast) -> None:
    watch_health(timestamp=0)

    assert set(CheckWatch.objects.values_list("check_name", flat=True)) == set(
        HealthCheck
    )
    assert CheckWatch.objects.get(check_name="workers").level == HealthLevel.RED
