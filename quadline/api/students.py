"""Students: find them, open one, and bring the roster to
what the campus system says.
"""

from typing import Annotated

from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router
from pydantic import Field

from quadline import clock
from quadline.accounts.rules import May
from quadline.api.answers import answers
from quadline.api.fields import (
    ApiAnswer,
    ApiRequest,
    ApiText,
    Given,
    InstitutionalId,
    Name,
    left_as_it_is,
    only_described,
)
from quadline.api.pages import PageLimit, first_page
from quadline.api.problems import ApiRefusal
from quadline.delivery.outbox.caseloads import replace_students as bring_to
from quadline.roster.faults import RosterFault
from quadline.roster.models import Student
from quadline.roster.rules import MAX_LENGTHS, RISKS, STATUSES

# A request has 1,000,000 bytes at most: a longer roster comes in parts.
MAX_ROSTER_ROWS = 5_000
router = Router(tags=["Students"])
SearchWords = Annotated[str, Query(pattern=r"^[^\x00]*$", max_length=200)]


class StudentAnswer(ApiAnswer):
    institutional_id: str
    first_name: str
    last_name: str
    preferred_name: str
    pronouns: str
    email: str
    mobile: str
    landline: str
    time_zone: str
    status: str
    program: str
    tags: list[str]
    courses: list[str]
    sections: list[str]  # BIO-101 | 02 | Fall 2026
    terms: list[str]  # those of the sections
    risk: str
    language: str
    other_phones: list[str]  # never texted: +17345550144 work
    text_consent: str  # as the roster says: yes, no or nothing
    text_consent_date: str
    text_consent_source: str
    text_consent_wording: str
    test_student: bool


class Students(ApiAnswer):
    students: list[StudentAnswer]
    cursor: str
    has_more: bool


def at_most(column: str) -> str:
    return f"At most {MAX_LENGTHS[column]} characters."


class StudentRow(Given):
    """A student as they are to be: what is left out becomes empty. The
    same columns as in a roster file.

    A value that cannot be used leaves what is known there, and is in ``faults`` of the
    answer.
    """

    institutional_id: InstitutionalId
    first_name: Name
    last_name: ApiText  # may be empty: some people have one name
    preferred_name: ApiText = only_described(description=at_most("preferred_name"))
    pronouns: ApiText = only_described(description=at_most("pronouns"))
    email: ApiText = only_described(examples=["rosa.calderon@college.edu"])
    mobile: ApiText = only_described(examples=["(734) 555-0141", "+17345550141"])
    landline: ApiText = only_described(examples=["(734) 555-0143"])
    time_zone: ApiText = only_described(examples=["America/Detroit"])
    status: ApiText = only_described(examples=list(STATUSES))
    program: ApiText = only_described(description=at_most("program"))
    tags: list[ApiText] = []
    courses: list[ApiText] = []
    test_student: bool = False
    # Left out, these stay as they are: programs written before they were there do not
    # know them.
    sections: list[ApiText] | None = left_as_it_is(
        examples=[["BIO-101 | 02 | Fall 2026"]]
    )
    risk: ApiText | None = left_as_it_is(examples=list(RISKS))
    language: ApiText | None = left_as_it_is(examples=["Spanish"])
    other_phones: list[ApiText] | None = left_as_it_is(
        examples=[["work: (734) 555-0144"]]
    )
    text_consent: ApiText | None = left_as_it_is(examples=["yes", "no"])
    text_consent_date: ApiText | None = left_as_it_is(examples=["2026-08-24"])
    text_consent_source: ApiText | None = left_as_it_is(examples=["Enrollment form"])
    text_consent_wording: ApiText | None = None

    def as_cells(self) -> dict[str, str | None]:
        """As a roster file has it: one reader for both, and the same faults."""
        # Lists are joined as they stand in one cell of a file.
        cells = self.model_dump()
        cells["tags"] = ";".join(self.tags)
        cells["courses"] = ";".join(self.courses)
        for name in ("sections", "other_phones"):
            given = cells[name]
            cells[name] = None if given is None else ";".join(given)
        cells["test_student"] = "yes" if self.test_student else "no"
        return cells


class Roster(Given):
    students: Annotated[list[StudentRow], Field(max_length=MAX_ROSTER_ROWS)]
    # even if phones, addresses or last names of more than a tenth of them would be gone
    allow_drop: bool = False


class FaultAnswer(ApiAnswer):
    row: int  # counted from 1
    column: str
    value: str
    reason: str


class Put(ApiAnswer):
    """``students``: those that are now as their rows say.
    ``faults``: what was left as it is, and why.
    """

    students: int
    faults: list[FaultAnswer]


@router.get(
    "",
    response=answers(200, Students, 422),
    summary="Students you may see, by institutional id",
)
def list_students(
    request: ApiRequest,
    query: SearchWords = "",
    institutional_id: SearchWords = "",
    after: SearchWords = "",
    limit: PageLimit = 100,
) -> Students:
    """Each word of query begins a word of a name, an id, an email address or a phone,
    as in the search on the screen.
    """
    # From the last id on: pages by place would skip and repeat while rosters change.
    seen = (
        Student.objects.visible_to(request.auth)
        .matching(query)
        .filter(institutional_id__gt=after)
    )
    if institutional_id:
        seen = seen.filter(institutional_id=institutional_id)
    found, has_more = first_page(seen.order_by("institutional_id"), limit)
    students = [student_answer(student) for student in found]
    return Students(
        students=students,
        cursor=students[-1].institutional_id if students else after,
        has_more=has_more,
    )


@router.put(
    "",
    response=answers(
        200,
        Put,
        403,
        422,
        with_body=True,
    ),
    summary="Make students what these rows say, all or none",
)
def put_students(request: ApiRequest, roster: Roster) -> Put:
    """For administrators. New institutional ids are new students; students
    who are not named stay as they are.

    A value that cannot be read leaves what is known, and is in ``faults``.
    """
    if not request.auth.may[May.MANAGE]:
        raise ApiRefusal(
            403, "Only administrators bring in the roster. Nothing was changed."
        )
    cells = (row.as_cells() for row in roster.students)
    try:
        put = bring_to(
            cells,
            actor=request.auth,
            now=clock.now(),
            may_drop=roster.allow_drop,
        )
    except RosterFault as fault:
        found = [str(each) for each in fault.faults]
        words = f"{len(found):,} to fix. Nothing was changed."
        raise ApiRefusal(422, words, faults=found) from fault
    faults = [
        FaultAnswer(
            row=each.row,
            column=each.column,
            value=each.value,
            reason=each.reason,
        )
        for each in put.faults
    ]
    return Put(students=put.students, faults=faults)


@router.get(
    "/{path:institutional_id}",
    response=answers(
        200,
        StudentAnswer,
        404,
        422,
    ),
    summary="One student",
)
def get_student(
    request: ApiRequest, institutional_id: Annotated[InstitutionalId, Path()]
) -> StudentAnswer:
    student = get_object_or_404(
        Student.objects.visible_to(request.auth), institutional_id=institutional_id
    )
    return student_answer(student)


def student_answer(student: Student) -> StudentAnswer:
    same_names = StudentAnswer.model_fields.keys() - {"test_student"}
    plain = {name: getattr(student, name) for name in same_names}
    return StudentAnswer(**plain, test_student=student.is_test)
