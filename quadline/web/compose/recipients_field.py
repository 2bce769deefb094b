"""The To field and its Except: what was chosen, as chips, and lists pasted
into it. Who that is, broadcasts decides.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.http import Http404

from quadline.accounts.models import User
from quadline.broadcasts.audiences import Suggestion, suggestions
from quadline.broadcasts.audiences import shown_choices as chips_of
from quadline.broadcasts.choices import (
    AUDIENCE_KIND,
    AudienceChoice,
    audience_of,
    students_of,
)
from quadline.broadcasts.models import Audience, Broadcast
from quadline.broadcasts.pasting import resolve_pasted
from quadline.broadcasts.results import not_replied
from quadline.roster.models import Student
from quadline.web.requests import StaffRequest, whole_number
from quadline.web.students.reach import ReachChip, reach_chips

ONE = "student:"
# Many students as one chip, so that a form stays small; taken apart before it leaves
# this file.
GROUP = "students:"
IS_GROUP = re.compile(r"students:\d{1,17}(,\d{1,17})*")
MAX_CHIPS = 12  # of single students; more become one group


@dataclass(frozen=True)
class Chip:
    """One choice in the field, or one that it offers.
    ``token`` is what the form sends.
    """

    token: str
    label: str
    detail: str = ""
    student: Student | None = None
    reach: ReachChip | None = None


@dataclass(frozen=True)
class Chosen:
    """What the To field and its Except hold."""

    to: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def audience(self) -> dict[str, list[str]]:
        to = _apart(self.to)
        without = _apart(self.without)
        return audience_of(to, without)

    @property
    def only_student(self) -> int | None:
        """The one student this goes to, when that is all there is:
        then it is an ordinary message.
        """
        to = _apart(self.to)
        if len(to) != 1 or self.without:
            return None
        return _student_of(to[0])

    def with_more(self, tokens: Iterable[str]) -> "Chosen":
        chosen = [*self.to, *tokens]
        each_once = dict.fromkeys(chosen)
        return replace(self, to=tuple(each_once))

    def with_less(
        self,
        field_name: str,
        token: str,
    ) -> "Chosen":
        is_to = field_name == "to"
        held = self.to if is_to else self.without
        left = tuple(other for other in held if other != token)
        if is_to:
            return replace(self, to=left)
        return replace(self, without=left)


def _student_of(token: str) -> int | None:
    """The id in a token of one student; None for another."""
    if not token.startswith(ONE):
        return None
    return int(token.removeprefix(ONE))


@dataclass(frozen=True)
class Report:
    """What became of a pasted list."""

    found: int
    unresolved: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


def chosen_in(request: StaffRequest) -> Chosen:
    """What the form, or a link to it, has chosen. A student who is not
    this user's to choose is not there.
    """
    sent = request.POST if request.method == "POST" else request.GET
    asked_to = _tokens(sent.getlist("to"))
    asked_without = _tokens(sent.getlist("except"))
    chosen = Chosen(_own(asked_to, request.user), _own(asked_without, request.user))
    # The same answer for a student who is not there and one who is somebody else's.
    if asked_to and not chosen.to:
        raise Http404
    return chosen


def chosen_of(broadcast: Broadcast) -> Chosen:
    """What a draft is addressed to."""
    # Asked again: a student who has left the caseload since is not named to its author.
    to = _own(broadcast.audience.get("to", []), broadcast.author)
    without = _own(broadcast.audience.get("except", []), broadcast.author)
    return Chosen(packed(to), packed(without))


def chosen_quiet(broadcast: Broadcast, user: User) -> Chosen:
    """Everyone who was written to, has not replied, and may
    still be written to by this user.
    """
    quiet = not_replied(broadcast).filter(
        pk__in=Student.objects.visible_to(user).values("pk")
    )
    ids = quiet.by_name().values_list("pk", flat=True)
    return Chosen(packed(f"{ONE}{pk}" for pk in ids))


def packed(tokens: Iterable[str]) -> tuple[str, ...]:
    """Few students stay as they are; many become one chip."""
    every = list(dict.fromkeys(tokens))
    # A chip for each of thousands would be a page of megabytes, sent with each step.
    students = [token for token in every if token.startswith(ONE)]
    if len(students) <= MAX_CHIPS:
        return tuple(every)
    others = [token for token in every if not token.startswith(ONE)]
    ids = [token.removeprefix(ONE) for token in students]
    return (*others, GROUP + ",".join(ids))


def choice_chips(tokens: Iterable[str], user: User) -> list[Chip]:
    """The choices as the page shows them, in the order they were made."""
    tokens = list(tokens)
    # A group is this file's own: broadcasts knows single students only.
    others = [token for token in tokens if not token.startswith(GROUP)]
    known = {chip.token: chip for chip in _with_reach(chips_of(others, user), user)}
    for token in tokens:
        if token.startswith(GROUP):
            count = len(_apart([token]))
            known[token] = Chip(token, f"{count:,} students")
    return [known[token] for token in tokens if token in known]


def offered(
    field_name: str,
    query: str,
    user: User,
) -> list[Chip]:
    """What a field offers. It is single students who are left
    out, mostly: there they come first.
    """
    found = _with_reach(suggestions(query, user), user)
    if field_name == "to":
        return found
    return sorted(found, key=lambda chip: chip.student is None)


def _with_reach(suggested: list[Suggestion], user: User) -> list[Chip]:
    """Suggestions, and how each student among them can be reached."""
    reach = reach_chips([each.student for each in suggested if each.student], user)
    return [
        Chip(
            each.token,
            each.label,
            each.detail,
            each.student,
            reach[each.student.pk] if each.student else None,
        )
        for each in suggested
    ]


def read_pasted(text: str, user: User) -> tuple[tuple[str, ...], Report]:
    """The students a pasted list names, as tokens, and what else it names."""
    read = resolve_pasted(text, user)
    tokens = packed(f"{ONE}{student.pk}" for student in read.resolved)
    report = Report(
        found=len(read.resolved),
        unresolved=read.unresolved,
        ambiguous=read.ambiguous,
    )
    return tokens, report


def how_many(chosen: Chosen, user: User) -> int:
    """How many students this is, each once."""
    if not chosen.to:
        return 0
    return students_of(chosen.audience, author=user).count()


def _tokens(values: Iterable[str]) -> tuple[str, ...]:
    """A field may hold many tokens, one a line; a bare number is a student."""
    tokens: dict[str, None] = {}  # each once, in order
    for value in values:
        for line in value.splitlines():
            token = line.strip()
            if whole_number(token) is not None:
                token = f"{ONE}{token}"
            if IS_GROUP.fullmatch(token) or AudienceChoice.read(token):
                tokens[token] = None
    return tuple(tokens)


def _own(tokens: Iterable[str], user: User) -> tuple[str, ...]:
    """Without students this user may not see (any more), and
    without audiences of others.
    """
    tokens = list(tokens)
    ids = [_student_of(token) for token in _apart(tokens)]
    asked = {pk for pk in ids if pk is not None}
    seen: set[int] = set()
    if asked:
        visible = Student.objects.visible_to(user).filter(pk__in=asked)
        seen = set(visible.values_list("pk", flat=True))
    audiences = Audience.objects.filter(owner=user)
    own = {f"{AUDIENCE_KIND}:{pk}" for pk in audiences.values_list("pk", flat=True)}
    left: list[str] = []
    for token in tokens:
        if token.startswith(GROUP):
            left += _of_group(token, seen)
        elif token.startswith(ONE):
            left += [token] if _student_of(token) in seen else []
        elif token in own or not token.startswith(f"{AUDIENCE_KIND}:"):
            left.append(token)
    return tuple(left)


def _of_group(token: str, seen: set[int]) -> list[str]:
    """The group with those the user may see; nothing when nobody is left."""
    ids = token.removeprefix(GROUP).split(",")
    left = [number for number in ids if int(number) in seen]
    if not left:
        return []
    return [GROUP + ",".join(left)]


def _apart(tokens: Iterable[str]) -> list[str]:
    """Groups taken apart, each token once."""
    every: list[str] = []
    for token in tokens:
        if token.startswith(GROUP):
            ids = token.removeprefix(GROUP).split(",")
            every += [f"{ONE}{number}" for number in ids]
        else:
            every.append(token)
    return list(dict.fromkeys(every))
