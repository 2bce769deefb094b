"""Whether the carrier answers STOP and HELP as the rules ask: read every
day from its own log of what it did.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import structlog

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import (
    Carrier,
    InboundText,
    KeywordWish,
    NumberProblem,
    SentText,
)
from quadline.college.current import college_settings
from quadline.college.rules import CollegeSettings
from quadline.consent.confirmations import (
    AskedFor,
    Request,
    Summary,
    faults_in,
    summaries,
)
from quadline.consent.keywords import FORMS
from quadline.consent.models import ConsentEntry
from quadline.consent.rules import Change, Keyword, Source
from quadline.conversations.models import Message
from quadline.conversations.rules import Channel, Direction
from quadline.delivery.models import ConfirmationCheck
from quadline.delivery.rules import NIGHTLY_LOOK_BACK
from quadline.jobs import job
from quadline.numbers.models import SystemNumber
from quadline.numbers.rules import HELD_STATES
from quadline.sms import phones

log = structlog.get_logger(__name__)

MAX_NUMBERS = 50  # whose log is read in one check: one page each


@job(queue="receipts", attempts=3)
def check_confirmations(timestamp: int) -> None:
    """Daily."""
    check_carrier_answers(registry.current_carrier(), now=clock.now())


def check_carrier_answers(
    carrier: Carrier, *, now: datetime
) -> list[ConfirmationCheck]:
    """Read what the carrier answered in the last day and keep it. What nobody
    asked for stays as it was found last.
    """
    requests: list[Request] = []
    for number in _asked_lately(now):
        try:
            requests += _requests(carrier, number.phone, since=now - NIGHTLY_LOOK_BACK)
        except NumberProblem as problem:
            log.warning(
                "the carrier's log could not be read",
                number_id=number.pk,
                why=problem.words,
            )
    return [_keep(summary, now) for summary in summaries(requests)]


def confirmation_faults() -> list[tuple[ConfirmationCheck, list[str]]]:
    """The last check of each, with what is wrong in words."""
    college, wanted = college_settings().college_name, help_answer()
    return [
        (each, faults_in(_summary(each), college=college, wanted=wanted))
        for each in ConfirmationCheck.objects.order_by("-asked")
    ]


def help_answer() -> str:
    """The words to give the carrier for HELP; "" where the college has not said."""
    return help_in_words(college_settings())


def help_in_words(college: CollegeSettings) -> str:
    """The same by settings that do not count yet."""
    return college.help_answer.replace("{college}", college.college_name).replace(
        "{phone}", phones.written(college.college_phone)
    )


def _asked_lately(now: datetime) -> Iterable[SystemNumber]:
    """Numbers to which somebody texted lately, the newest first: only
    there the carrier had anything to answer.
    """
    texts = Message.objects.filter(
        direction=Direction.INBOUND,
        channel=Channel.TEXT,
        created_at__gte=now - NIGHTLY_LOOK_BACK,
    )
    numbers = SystemNumber.objects.filter(
        pk__in=texts.values("system_number"), state__in=HELD_STATES
    )
    return numbers.exclude(phone="").order_by("-pk")[:MAX_NUMBERS]


def _requests(
    carrier: Carrier,
    system_phone: str,
    *,
    since: datetime,
) -> list[Request]:
    received = carrier.received_texts(since=since, system_phone=system_phone)
    asked = list(_to_be_answered(carrier, received, system_phone, since=since))
    if not asked:
        return []
    replies = carrier.own_replies(system_phone=system_phone, since=since)
    answers: dict[str, list[SentText]] = defaultdict(list)
    for reply in replies:
        answers[reply.student_phone].append(reply)
    return [_request(what, text, answers[text.student_phone]) for text, what in asked]


def _to_be_answered(
    carrier: Carrier,
    received: Sequence[InboundText],
    system_phone: str,
    *,
    since: datetime,
) -> Iterator[tuple[InboundText, AskedFor]]:
    """Each STOP and HELP of somebody who is not out: a second STOP, or HELP
    after one, gets no answer by rights.

    ``received``: oldest first.
    """
    out = _out_at(since, {text.student_phone for text in received}, system_phone)
    for text in received:
        what = _asked_in(carrier, text.body)
        if what and text.student_phone not in out:
            yield text, what
        if what is AskedFor.STOP:
            out.add(text.student_phone)
        elif carrier.wish_in(text.body) is KeywordWish.START:
            out.discard(text.student_phone)


def _out_at(
    moment: datetime,
    student_phones: set[str],
    system_phone: str,
) -> set[str]:
    """Those of these phones that were out then, except for what staff
    recorded: the carrier may not know of that.
    """
    entries = ConsentEntry.objects.filter(
        student_phone__in=student_phones,
        system_phone=system_phone,
        occurred_at__lt=moment,
    )
    entries = entries.exclude(source=Source.STAFF).order_by("occurred_at", "pk")
    last = dict(entries.values_list("student_phone", "change"))
    return {phone for phone, change in last.items() if change == Change.OPT_OUT}


def _asked_in(carrier: Carrier, body: str) -> AskedFor | None:
    """Only what the carrier itself answers: one word as it stands, and nothing else."""
    if carrier.wish_in(body) is KeywordWish.STOP:
        return AskedFor.STOP
    if not body.isascii():
        return None
    form = FORMS.get(body.strip().upper())
    is_help = form is not None and form.keyword is Keyword.HELP
    return AskedFor.HELP if is_help else None


def _request(
    asked: AskedFor,
    text: InboundText,
    answers: Sequence[SentText],
) -> Request:
    assert text.sent_at is not None, "the log has a time for each"
    later = [each for each in answers if each.sent_at >= text.sent_at]
    first = min(later, key=lambda each: each.sent_at, default=None)
    return Request(
        asked,
        text.sent_at,
        first.body if first else "",
        first.sent_at if first else None,
    )


def _keep(summary: Summary, now: datetime) -> ConfirmationCheck:
    found = {
        "times": summary.times,
        "answered": summary.answered,
        "wording": summary.wording,
        "last_at": summary.last_at,
        "checked_at": now,
    }
    kept, _ = ConfirmationCheck.objects.update_or_create(
        asked=summary.asked, defaults=found
    )
    return kept


def _summary(check: ConfirmationCheck) -> Summary:
    return Summary(
        AskedFor(check.asked),
        check.times,
        check.answered,
        check.wording,
        check.last_at,
    )
