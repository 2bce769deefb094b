"""Live checks of what is deployed: asked for by an administrator, made by a worker,
which is the process that will talk to carrier and mail server.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.db import transaction

from quadline import clock
from quadline.accounts.models import User
from quadline.audit.models import record_audit
from quadline.carriers import registry
from quadline.carriers.protocol import AccountFinding, NumberProblem
from quadline.delivery.opting.confirmations import check_carrier_answers
from quadline.emails.failures import in_our_words
from quadline.emails.setup_letter import setup_test
from quadline.jobs import enqueue, job
from quadline.setup.deployment import carrier_place, is_training, mail_place
from quadline.setup.models import LiveCheck
from quadline.setup.own_address import answer_of
from quadline.setup.public_address import address_line
from quadline.setup.rules import LineState, SetupLine

LINE_TITLES = {
    "credentials": "Account",
    "service": "Messaging Service",
    "campaign": "Campaign",
    "webhooks": "Webhooks",
}


def ask_carrier_check(*, actor: User, now: datetime, connects: bool = False) -> None:
    """Look at the account; ``connects``: point its webhooks here before."""
    with transaction.atomic():
        check = _begin(LiveCheck.About.CARRIER, carrier_place(), actor, now)
        act = "webhooks pointed here" if connects else "carrier checked"
        record_audit(act, subject=check, actor=actor)
        enqueue(check_carrier_account, check_id=check.pk, connects=connects)


def ask_email_check(*, actor: User, now: datetime) -> None:
    """Send a test message to whoever asks."""
    with transaction.atomic():
        check = _begin(LiveCheck.About.EMAIL, mail_place(), actor, now)
        record_audit("test message asked for", subject=check, actor=actor)
        enqueue(check_email, check_id=check.pk)


def last_check(about: str, *, place: str) -> LiveCheck | None:
    """Of this account or mail server: what was found at another says nothing."""
    return LiveCheck.objects.filter(about=about, place=place).first()


@job(queue="numbers", attempts=3)
def check_carrier_account(check_id: int, connects: bool) -> None:
    # Its settings are this process's own: a worker that was not restarted says so.
    carrier = registry.current_carrier()
    if connects:
        with suppress(NumberProblem):  # the look below says why
            carrier.connect()
    lines = [_line(each) for each in carrier.findings()]
    if not is_training():
        lines.append(address_line(settings.PUBLIC_URL, answer_of=answer_of))
    # STOP and HELP are read from its log, when it can be read.
    if lines[0].state is LineState.OK:
        check_carrier_answers(carrier, now=clock.now())
    _end(check_id, lines)


@job(queue="letters", attempts=1)
def check_email(check_id: int) -> None:
    check = LiveCheck.objects.select_related("asked_by").get(pk=check_id)
    state, words = LineState.OK, "The mail server took the test message."
    try:
        setup_test(to=check.asked_by.email, asked_by=check.asked_by.name)
    except Exception as error:  # whatever a mail library raises is what is asked for
        state, words = LineState.WRONG, in_our_words(error).words
    _end(check_id, [SetupLine("test", "Test message", state, words)])


def _begin(about: str, place: str, actor: User, now: datetime) -> LiveCheck:
    """What was found before stays until there is something new."""
    asked: dict[str, object] = {"asked_at": now, "asked_by": actor, "done_at": None}
    if last_check(about, place=place) is None:
        asked |= {"place": place, "place_since": now, "found": []}
    check, _ = LiveCheck.objects.update_or_create(about=about, defaults=asked)
    return check


def _end(check_id: int, lines: Sequence[SetupLine]) -> None:
    found = [asdict(line) for line in lines]
    LiveCheck.objects.filter(pk=check_id).update(done_at=clock.now(), found=found)


def _line(finding: AccountFinding) -> SetupLine:
    return SetupLine(
        finding.about,
        LINE_TITLES.get(finding.about, finding.about.title()),
        LineState(finding.state.value),
        finding.words,
        finding.todo,
    )
