"""Caseloads: which students a staff user looks after, as the campus system has it."""

from typing import Annotated

from django.shortcuts import get_object_or_404
from ninja import Path, Router
from pydantic import Field

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.rules import May
from quadline.api.answers import answers
from quadline.api.fields import ApiAnswer, ApiRequest, ApiText, Given, InstitutionalId
from quadline.api.problems import ApiRefusal
from quadline.delivery.outbox.caseloads import replace_caseload as bring_to
from quadline.roster.faults import RosterFault

MAX_STUDENTS = 50_000
router = Router(tags=["Caseloads"])


class Caseload(Given):
    students: Annotated[list[InstitutionalId], Field(max_length=MAX_STUDENTS)]


class CaseloadAnswer(ApiAnswer):
    staff: str
    students: int


@router.put(
    "/{staff}",
    response=answers(
        200,
        CaseloadAnswer,
        403,
        404,
        422,
        with_body=True,
    ),
    summary="Replace somebody's caseload",
)
def put_caseload(
    request: ApiRequest,
    staff: Annotated[ApiText, Path(max_length=254, examples=["maya@college.edu"])],
    caseload: Caseload,
) -> CaseloadAnswer:
    """For administrators. ``staff`` is the address they sign in with; exactly these
    students are theirs afterwards.
    """
    if not request.auth.may[May.MANAGE]:
        raise ApiRefusal(
            403, "Only administrators assign students. Nothing was changed."
        )
    # Addresses are stored in lower case: people write them as they like.
    whose = get_object_or_404(User, email=staff.lower())
    try:
        count = bring_to(
            whose,
            caseload.students,
            actor=request.auth,
            now=clock.now(),
        )
    except RosterFault as fault:
        found = [str(each) for each in fault.faults]
        raise ApiRefusal(
            422, f"{len(found):,} to fix. Nothing was changed.", faults=found
        ) from fault
    return CaseloadAnswer(staff=whose.email, students=count)
