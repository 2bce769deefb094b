"""Opt-outs: the Report for Student Opt Outs, for programs."""

from datetime import datetime

from django.utils import timezone
from ninja import Router

from quadline.api.answers import answers
from quadline.api.fields import ApiAnswer, ApiRequest
from quadline.api.pages import After, PageLimit, first_page
from quadline.reports import opt_outs
from quadline.reports.filters import Filters, filters_of
from quadline.reports.opt_out_rows import OptOutRow

router = Router(tags=["Opt-outs"])


class OptedOut(ApiAnswer):
    """One student phone that gets no texts from one system number."""

    students: list[str]  # institutional ids of those with this phone whom you may open
    names: list[str]
    student_phone: str
    system_phone: str
    staff: str
    how: str
    by: str
    since: datetime
    emailed_since: int
    way_back: str
    carrier: str


class OptOuts(ApiAnswer):
    opt_outs: list[OptedOut]
    cursor: int
    has_more: bool


@router.get(
    "",
    response=answers(200, OptOuts, 422),
    summary="Who is opted out of whose number now",
)
def list_opt_outs(
    request: ApiRequest,
    after: After = 0,
    limit: PageLimit = 100,
) -> OptOuts:
    states = opt_outs.opted_out_pairs(request.auth, _of_all_time())
    # By the entry: who opts out again has a new one, and is after every cursor.
    following = states.filter(entry__gt=after).order_by("entry")
    found, has_more = first_page(following.values_list("entry", flat=True), limit)
    page = states.filter(entry__in=found).order_by("entry")
    # The same rows as the report on the screen, so that both say the same.
    rows = opt_outs.opted_out_rows(request.auth, page)
    return OptOuts(
        opt_outs=[_answer(row) for row in rows],
        cursor=found[-1] if found else after,
        has_more=has_more,
    )


def _of_all_time() -> Filters:
    return filters_of(
        {"period": "all"},
        today=timezone.localdate(),
        zone=timezone.get_current_timezone(),
    )


def _answer(row: OptOutRow) -> OptedOut:
    return OptedOut(
        students=[who.institutional_id for who in row.who if who.student_id],
        names=[who.name for who in row.who],
        student_phone=row.student_phone,
        system_phone=row.system_phone,
        staff=row.inbox.email,
        how=row.how,
        by=row.by,
        since=row.since,
        emailed_since=row.emailed_since,
        way_back=row.way_back,
        carrier=row.check_words,
    )
