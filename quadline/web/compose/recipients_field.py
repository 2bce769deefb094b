"""The To field and its Except: what was chosen, as chips, and lists pasted into it. Who that is, broadcasts decides."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.http import Http404

from quadline.accounts.models import User
from quadline.broadcasts.audiences import Suggestion, suggestions
from quadline.broadcasts.audiences import chips as chips_of
from quadline.broadcasts.choices import AUDIENCE, Choice, audience_of, resolve
from quadline.broadcasts.models import Audience, Broadcast
from quadline.broadcasts.pasting import resolve_pasted
from quadline.broadcasts.results import not_replied
from quadline.roster.models import Student
from quadline.web.requests import StaffRequest, whole_number
from quadline.web.students.reach import Reach, reach_of

ONE = "student:"
GROUP = "students:"  # many students as one chip, so that a form stays small; taken apart before it leaves this file
IS_GROUP = re.compile(r"students:\d{1,17}(,\d{1,17})*")
MOST_CHIPS = 12  # of single students; more become one group


@dataclass(frozen=True)
class Chip:
    """One choice in the field, or one that it offers. ``token`` is what the form sends."""

    token: str
    label: str
    detail: str = ""
    student: Student | None = None
    reach: Reach | None = None


@dataclass(frozen=True)
class Chosen:
    """What the To field and its Except hold."""

    to: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def audience(self) -> dict[str, list[str]]:
        return audience_of(_apart(self.to), _apart(self.without))

    @property
    def only_student(self) -> int | None:
        """The one student this goes to, when that is all there is: then it is an ordinary message."""
        to = _apart(self.to)
        return int(to[0].removeprefix(ONE)) if len(to) == 1 and to[0].startswith(ONE) and not self.without else None

    def with_more(self, tokens: Iterable[str]) -> "Chosen":
        return replace(self, to=tuple(dict.fromkeys((*self.to, *tokens))))

    def with_less(self, field_name: str, token: str) -> "Chosen":
        if field_name == "to":
            return replace(self, to=tuple(other for other in self.to if other != token))
        return replace(self, without=tuple(other for other in self.without if other != token))


@dataclass(frozen=True)
class Report:
    """What became of a pasted list."""

    found: int
    unresolved: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


def chosen_in(request: StaffRequest) -> Chosen:
    """What the form, or a link to it, has chosen. A student who is not this user's to choose is not there."""
    sent = request.POST if request.method == "POST" else request.GET
    asked = _tokens(sent.getlist("to"))
    chosen = Chosen(_own(asked, request.user), _own(_tokens(sent.getlist("except")), request.user))
    if asked and not chosen.to:
        raise Http404
    return chosen


def chosen_of(broadcast: Broadcast) -> Chosen:
    """What a draft is addressed to."""
    to, without = (_own(broadcast.audience.get(part, []), broadcast.author) for part in ("to", "except"))
    return Chosen(packed(to), packed(without))


def chosen_quiet(broadcast: Broadcast, user: User) -> Chosen:
    """Everyone who was written to, has not replied, and may still be written to by this user."""
    quiet = not_replied(broadcast).filter(pk__in=Student.objects.visible_to(user).values("pk"))
    return Chosen(packed(f"{ONE}{pk}" for pk in quiet.by_name().values_list("pk", flat=True)))


def packed(tokens: Iterable[str]) -> tuple[str, ...]:
    """Few students stay as they are; many become one chip."""
    every = list(dict.fromkeys(tokens))
    single = [token.removeprefix(ONE) for token in every if token.startswith(ONE)]
    if len(single) <= MOST_CHIPS:
        return tuple(every)
    return (*(token for token in every if not token.startswith(ONE)), GROUP + ",".join(single))


def chips(tokens: Iterable[str], user: User) -> list[Chip]:
    """The choices as the page shows them, in the order they were made."""
    tokens = list(tokens)
    known = {chip.token: chip for chip in _with_reach(chips_of([t for t in tokens if not t.startswith(GROUP)], user), user)}
    groups = {token: Chip(token, f"{len(_apart([token])):,} students") for token in tokens if token.startswith(GROUP)}
    return [chip for token in tokens if (chip := known.get(token) or groups.get(token))]


def offered(field_name: str, query: str, user: User) -> list[Chip]:
    """What a field offers. It is single students who are left out, mostly: there they come first."""
    found = _with_reach(suggestions(query, user), user)
    return found if field_name == "to" else sorted(found, key=lambda chip: chip.student is None)


def _with_reach(suggested: list[Suggestion], user: User) -> list[Chip]:
    """Suggestions, and how each student among them can be reached."""
    reach = reach_of([each.student for each in suggested if each.student], user)
    return [
        Chip(each.token, each.label, each.detail, each.student, reach[each.student.pk] if each.student else None)
        for each in suggested
    ]


def read_pasted(text: str, user: User) -> tuple[tuple[str, ...], Report]:
    """The students a pasted list names, as tokens, and what else it names."""
    read = resolve_pasted(text, user)
    tokens = packed(f"{ONE}{student.pk}" for student in read.resolved)
    return tokens, Report(len(read.resolved), list(read.unresolved), list(read.ambiguous))


def how_many(chosen: Chosen, user: User) -> int:
    """How many students this is, each once."""
    return resolve(chosen.audience, author=user).count() if chosen.to else 0


def _tokens(values: Iterable[str]) -> tuple[str, ...]:
    """A field may hold many tokens, one a line; a bare number is a student."""
    lines = [line.strip() for value in values for line in value.splitlines() if line.strip()]
    tokens = [f"{ONE}{line}" if whole_number(line) is not None else line for line in lines]
    return tuple(dict.fromkeys(token for token in tokens if IS_GROUP.fullmatch(token) or Choice.read(token)))


def _own(tokens: Iterable[str], user: User) -> tuple[str, ...]:
    """Without students this user may not see (any more), and without audiences of others."""
    tokens = list(tokens)
    ids = {int(token.removeprefix(ONE)) for token in _apart(tokens) if token.startswith(ONE)}
    seen = set(Student.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    kept = {f"{AUDIENCE}:{pk}" for pk in Audience.objects.filter(owner=user).values_list("pk", flat=True)}
    left = (_of_group(token, seen) if token.startswith(GROUP) else token for token in tokens)
    return tuple(
        token
        for token in left
        if token
        and (not token.startswith(ONE) or int(token.removeprefix(ONE)) in seen)
        and (not token.startswith(f"{AUDIENCE}:") or token in kept)
    )


def _of_group(token: str, seen: set[int]) -> str:
    ids = [number for number in token.removeprefix(GROUP).split(",") if int(number) in seen]
    return GROUP + ",".join(ids) if ids else ""


def _apart(tokens: Iterable[str]) -> list[str]:
    """Groups taken apart, each token once."""
    every: list[str] = []
    for token in tokens:
        every += [f"{ONE}{number}" for number in token.removeprefix(GROUP).split(",")] if token.startswith(GROUP) else [token]
    return list(dict.fromkeys(every))
