"""Look every minute, remember, and write to administrators: once when something turns
red, once when that is over.
"""

from dataclasses import fields
from datetime import datetime

from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.emails import health_letters
from quadline.health.looking import look_at_everything, on_campus
from quadline.health.models import CheckWatch
from quadline.health.rules import (
    CHECK_LABELS,
    NOT_TOLD_BY_EMAIL,
    TOLD_ELSEWHERE,
    Finding,
    HealthCheck,
    HealthLevel,
    Letter,
    NextWatch,
    Watch,
    first_watch,
    spoken_time,
    watch_on,
    workers_were_away,
)
from quadline.jobs import enqueue, job

REMEMBERED = [field.name for field in fields(Watch)]


@job(queue="letters", attempts=3)
def watch_health(timestamp: int) -> None:
    """The timetable's look, every minute."""
    now = clock.now()
    for finding in look_at_everything(now):
        note_finding(finding, now=now)


@transaction.atomic
def note_finding(
    finding: Finding,
    *,
    now: datetime,
) -> None:
    """Remember how a check stands, and enqueue the letter that follows.

    The row is locked and the letter belongs to this transaction: of two workers one
    writes it, and one that dies has either done both or neither.
    """
    row, is_new = CheckWatch.objects.select_for_update(no_key=True).get_or_create(
        check_name=finding.check,
        defaults={
            **_columns(first_watch(finding.level, now=now)),
            "what": finding.what,
        },
    )
    if is_new or now <= row.looked_at:
        return
    before = Watch(**{name: getattr(row, name) for name in REMEMBERED})
    if finding.check is HealthCheck.WORKERS and workers_were_away(before, now=now):
        _enqueue_over(HealthCheck.WORKERS, before.looked_at, now, finding.what)
    following = watch_on(before, finding.level, now=now)
    _write_letter(finding, following, now)
    for name, value in _columns(following.watch).items():
        setattr(row, name, value)
    # The words of the last red stay while it may come back: they say what is over.
    if finding.level is HealthLevel.RED or following.watch.red_since is None:
        row.what = finding.what
    row.save()


def _write_letter(finding: Finding, following: NextWatch, now: datetime) -> None:
    if following.letter is None or finding.check in TOLD_ELSEWHERE:
        return
    assert following.began_at is not None
    if following.letter is Letter.OVER:
        _enqueue_over(finding.check, following.began_at, now, finding.what)
    elif finding.check not in NOT_TOLD_BY_EMAIL:
        enqueue(
            email_check_is_red,
            check=finding.check,
            began_at=following.began_at.isoformat(),
            what=finding.what,
            next_step=finding.next_step,
        )


def _enqueue_over(
    check: HealthCheck, began: datetime, ended: datetime, what: str
) -> None:
    enqueue(
        email_check_is_over,
        check=check,
        began_at=began.isoformat(),
        ended_at=ended.isoformat(),
        what=what,
    )


@job(queue="letters")
def email_check_is_red(check: str, began_at: str, what: str, next_step: str) -> None:
    """Nothing, when it is over meanwhile: then the other letter says all of it."""
    still = CheckWatch.objects.filter(check_name=check, told_at__isnull=False)
    if still.exists():
        health_letters.check_is_red(
            to=_administrators(),
            label=CHECK_LABELS[HealthCheck(check)],
            since=_spoken(began_at),
            what=what,
            next_step=next_step,
        )


@job(queue="letters")
def email_check_is_over(check: str, began_at: str, ended_at: str, what: str) -> None:
    health_letters.check_is_over(
        to=_administrators(),
        label=CHECK_LABELS[HealthCheck(check)],
        began=_spoken(began_at),
        ended=_spoken(ended_at),
        what=what,
    )


def red_labels() -> list[str]:
    """What is red now as far as the last look knows: for every page of an
    administrator.
    """
    red = CheckWatch.objects.filter(
        level=HealthLevel.RED, check_name__in=list(HealthCheck)
    )
    names = set(red.values_list("check_name", flat=True))
    return [CHECK_LABELS[check] for check in HealthCheck if check in names]


def _columns(watch: Watch) -> dict[str, object]:
    return {name: getattr(watch, name) for name in REMEMBERED}


def _spoken(at: str) -> str:
    return spoken_time(on_campus(datetime.fromisoformat(at)), on_campus(clock.now()))


def _administrators() -> list[str]:
    return [user.email for user in User.objects.who_manage()]
