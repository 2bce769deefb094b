"""What one student would get of words with merge fields, before
anything is sent; and whom to show it for.
"""

from dataclasses import dataclass

from quadline.accounts.models import User
from quadline.conversations import merging
from quadline.conversations.models import Conversation
from quadline.conversations.rules import Channel
from quadline.numbers.models import SystemNumber
from quadline.roster.models import Student, StudentQuerySet
from quadline.sms import segments
from quadline.sms.merge_fields import MergeError
from quadline.web.requests import StaffRequest, whole_number

MAX_FOUND = 6


@dataclass(frozen=True)
class Preview:
    """The words as this student gets them. ``problem`` says which field
    nothing fills; then it stays as written.
    """

    student: Student
    is_email: bool
    subject: str
    body: str
    problem: str = ""
    texts: int = 0


def preview_for(
    user: User,
    student: Student,
    *,
    channel: str,
    subject: str,
    body: str,
) -> Preview:
    values = merging.values_for(user, student, number=SystemNumber.objects.of(user))
    is_email = channel == Channel.EMAIL
    # The form has both tabs: a subject that was typed on the other must not stop a
    # text.
    subject = subject if is_email else ""
    shown = tuple(
        merging.filled_where_possible(words, values) for words in (subject, body)
    )
    return Preview(
        student=student,
        is_email=is_email,
        subject=shown[0],
        body=shown[1],
        problem=_problem(f"{subject}\n{body}", values),
        # Measured without the spaces around it, as it would leave.
        texts=0 if is_email else segments.measure(shown[1].strip()).segments,
    )


def example_students(request: StaffRequest, *, find: str) -> list[Student]:
    """Whom to show it for: those the search finds, else those
    written with last, else of the caseload.
    """
    visible = Student.objects.visible_to(request.user)
    if find.strip():
        return list(visible.matching(find.strip()[:200]).by_name()[:MAX_FOUND])
    recent = (
        Conversation.objects.own(request.user)
        .newest_first()
        .exclude(student=None)[:MAX_FOUND]
    )
    # A new user has neither conversations nor a caseload: anybody visible is better
    # than no example.
    for found in (
        visible.filter(pk__in=[talk.student_id for talk in recent]),
        visible.on_caseload_of(request.user),
        visible,
    ):
        if students := list(found.by_name()[:MAX_FOUND]):
            return students
    return []


def chosen_student(request: StaffRequest, among: list[Student]) -> Student | None:
    """The one that is ticked, as long as it is among those offered; else the first."""
    asked = whole_number(request.POST.get("student"))
    return next(
        (student for student in among if student.pk == asked),
        among[0] if among else None,
    )


def student_at(
    students: StudentQuerySet, place: int
) -> tuple[Student | None, int, int]:
    """The student at this place of a list by name, the place itself
    (round the ends), and how many there are.
    """
    total = students.count()
    if not total:
        return None, 0, 0
    place %= total
    return students.by_name()[place], place, total


def _problem(words: str, values: dict[str, str]) -> str:
    try:
        merging.filled(words, values)
    except MergeError as error:
        return merging.refusal(error).removesuffix(" Nothing was sent.")
    return ""
