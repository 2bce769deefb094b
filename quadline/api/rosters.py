"""A roster as a file: brought in by a campus system, compared, and applied when it
loses little.
"""

from typing import Annotated, Any, Literal

from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router

from quadline import clock
from quadline.accounts.rules import May
from quadline.api.answers import answers, leads_to
from quadline.api.fields import MAX_ID, ApiAnswer, ApiRequest
from quadline.api.idempotency import PARAMETER, once
from quadline.api.problems import ApiRefusal
from quadline.delivery.rosters.running import GivenFile, begin_run, check_run_job
from quadline.jobs import enqueue
from quadline.roster.models import RosterMapping, RosterRun
from quadline.roster.sources.packages import is_zip

router = Router(tags=["Rosters"])
MAX_FAULTS_TOLD = 200
TOLD = ("text/csv", "application/octet-stream")
TYPES = (*TOLD, "application/zip")
NOT_YOURS = "Only administrators bring in the roster. Nothing was changed."
FILE: dict[str, Any] = {
    "parameters": [PARAMETER],
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in TOLD
        },
    },
    **leads_to(202, get_roster=("roster_id", "id")),
}


class RosterFaultAnswer(ApiAnswer):
    file: str
    row: int  # as a spreadsheet shows it; 0: the whole file
    column: str
    value: str
    reason: str


class RosterAnswer(ApiAnswer):
    """``state``: reading, then applied, failed, or shown when a person must decide.
    ``counts``: new, changed, listed, leaving, phones, caseload, faults.
    """

    id: int
    state: str
    form: str
    counts: dict[str, int]
    losses: list[str]  # why it waits for a person
    why: str  # it failed
    faults: list[RosterFaultAnswer]  # the first 200


@router.post(
    "",
    response=answers(202, RosterAnswer, 403, 409, 422, with_body=True),
    summary="Bring in a roster as a file",
    openapi_extra=FILE,
)
@once(202)
def post_roster(
    request: ApiRequest,
    mapping: Annotated[str, Query(pattern=r"^[^\x00]*$", max_length=80)] = "",
    mode: Literal["apply", "compare"] = "apply",
) -> RosterAnswer:
    """For administrators. The body is the file: our CSV, an export with the ``mapping``
    of that name, or a ZIP file (OneRoster, or students.csv with caseload.csv).

    It is compared in the background. ``apply``: and applied, unless it would lose more
    than the college allows; then a person decides. ``compare``: a person decides.
    """
    if not request.auth.may[May.MANAGE]:
        raise ApiRefusal(403, NOT_YOURS)
    content = request.body
    # What is in it, the job finds out: a file that cannot be read is a failed roster.
    if not content:
        raise ApiRefusal(422, "The body is the file, and it is empty.")
    run = begin_run(
        [GivenFile("roster.zip" if is_zip(content) else "roster.csv", content)],
        way=RosterRun.Way.API,
        actor=request.auth,
        now=clock.now(),
        mapping=_mapping(mapping),
        is_automatic=mode == "apply",
    )
    enqueue(check_run_job, run_id=run.pk)
    return _answer(run)


@router.get(
    "/{roster_id}",
    response=answers(200, RosterAnswer, 403, 404, 422),
    summary="What became of a roster",
)
def get_roster(
    request: ApiRequest, roster_id: Annotated[int, Path(ge=1, le=MAX_ID)]
) -> RosterAnswer:
    """For administrators. Ask again while its state is reading or applying."""
    if not request.auth.may[May.MANAGE]:
        raise ApiRefusal(403)
    return _answer(get_object_or_404(RosterRun, pk=roster_id))


def _mapping(name: str) -> RosterMapping | None:
    if not name:
        return None
    found = RosterMapping.objects.filter(name=name, is_ready=True).first()
    if found is None:
        raise ApiRefusal(422, "There is no mapping of that name. Nothing was changed.")
    return found


def _answer(run: RosterRun) -> RosterAnswer:
    faults = [
        RosterFaultAnswer(
            file=fault.file,
            row=fault.row,
            column=fault.column,
            value=fault.value,
            reason=fault.reason,
        )
        for fault in run.faults.order_by("position")[:MAX_FAULTS_TOLD]
    ]
    return RosterAnswer(
        id=run.pk,
        state=run.state,
        form=run.form,
        counts=run.counts,
        losses=run.losses,
        why=run.why,
        faults=faults,
    )
