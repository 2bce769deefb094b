"""Whom a broadcast of a program goes to: the caseload, students by their
ids, or all with some word of the roster.
"""

from typing import Annotated

from pydantic import Field

from quadline.accounts.models import User
from quadline.api.fields import Given, InstitutionalId, Label, LongLabel
from quadline.api.problems import ApiRefusal
from quadline.broadcasts.choices import (
    CASELOAD_GROUP,
    STUDENT_KIND,
    WORD_KINDS,
)
from quadline.roster.models import Student

MAX_IDS = 50_000
MAX_LABELS = 50


class Filter(Given):
    """Students with any of these."""

    tags: Annotated[list[Label], Field(max_length=MAX_LABELS)] = []
    courses: Annotated[list[Label], Field(max_length=MAX_LABELS)] = []
    sections: Annotated[list[LongLabel], Field(max_length=MAX_LABELS)] = []
    terms: Annotated[list[Label], Field(max_length=MAX_LABELS)] = []
    programs: Annotated[list[LongLabel], Field(max_length=MAX_LABELS)] = []
    risks: Annotated[list[Label], Field(max_length=MAX_LABELS)] = []
    languages: Annotated[list[Label], Field(max_length=MAX_LABELS)] = []


class Audience(Given):
    """Everybody that any part names, once, of the students you may see."""

    caseload: bool = False
    ids: Annotated[list[InstitutionalId], Field(max_length=MAX_IDS)] = []
    filter: Filter = Filter()


def tokens_of(audience: Audience, author: User) -> list[str]:
    """The same choices as the To field makes. Refused when it names
    nobody, or somebody who is not there.
    """
    tokens = [CASELOAD_GROUP] if audience.caseload else []
    for kind in WORD_KINDS:
        words = getattr(audience.filter, f"{kind}s")
        tokens += [f"{kind}:{word}" for word in words]
    # As single students: test students, whom no group holds, come only this way.
    tokens += _named(audience.ids, author)
    if not tokens:
        raise ApiRefusal(
            422,
            "The audience names nobody: give caseload, ids or a filter. Nothing was"
            " sent.",
        )
    return tokens


def _named(
    ids: list[str],
    author: User,
) -> list[str]:
    seen = Student.objects.visible_to(author).filter(institutional_id__in=ids)
    known = dict(seen.values_list("institutional_id", "pk")) if ids else {}
    # One that is somebody else's student is the same as one that is not there.
    faults = [
        f"ids, row {row}: there is no student {each!r}"
        for row, each in enumerate(ids, start=1)
        if each not in known
    ]
    if faults:
        raise ApiRefusal(
            422,
            f"{len(faults):,} of the ids are nobody's that you may see. Nothing was"
            " sent.",
            faults=faults,
        )
    return [f"{STUDENT_KIND}:{pk}" for pk in known.values()]
