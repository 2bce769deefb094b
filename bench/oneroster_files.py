"""OneRoster 1.1 files of any size, as a student system writes them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

EACH = 3  # enrollments of a student
CLASSES = 2_400
KINDS = (
    "academicSessions",
    "classes",
    "courses",
    "enrollments",
    "orgs",
    "users",
)
OTHER_KINDS = (
    "categories",
    "classResources",
    "courseResources",
    "demographics",
    "lineItems",
    "resources",
    "results",
)
SESSIONS = (
    "sourcedId,status,dateLastModified,title,type,startDate,endDate,"
    "parentSourcedId,schoolYear"
)
CLASS_COLUMNS = (
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,"
    "classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,"
    "periods"
)
COURSES = (
    "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,"
    "grades,orgSourcedId,subjects,subjectCodes"
)
ENROLLMENTS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
    "userSourcedId,role,primary,beginDate,endDate"
)
ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId"
USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,"
    "userIds,givenName,familyName,middleName,identifier,email,sms,phone,"
    "agentSourcedIds,grades,password"
)
Line = list[str]


@dataclass(frozen=True)
class Part:
    """A college of ``count`` students; of a delta the first ``moved`` have
    another phone and one course less.
    """

    count: int
    moved: int = 0


def zipped(part: Part, *, is_delta: bool = False) -> bytes:
    """The files in one ZIP archive."""
    files = _delta(part) if is_delta else _bulk(part)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.csv", _manifest(files, is_delta=is_delta))
        for kind, (columns, lines) in files.items():
            archive.writestr(f"{kind}.csv", _written(columns, lines))
    return packed.getvalue()


def _bulk(part: Part) -> dict[str, tuple[str, Iterable[Line]]]:
    everybody = range(part.count)
    return {
        "academicSessions": (SESSIONS, [_term()]),
        "classes": (CLASS_COLUMNS, map(_class, range(CLASSES))),
        "courses": (COURSES, map(_course, range(CLASSES // 4))),
        "enrollments": (ENROLLMENTS, _enrollments(everybody, range(EACH))),
        "orgs": (ORGS, [["org-alder", "", "", "Alder College", "school", "", ""]]),
        "users": (USERS, (_user(place, "734") for place in everybody)),
    }


def _delta(part: Part) -> dict[str, tuple[str, Iterable[Line]]]:
    moved = range(part.moved)
    ended = _enrollments(moved, [0], status="tobedeleted")
    return {
        "enrollments": (ENROLLMENTS, ended),
        "users": (USERS, (_user(place, "313", status="active") for place in moved)),
    }


def _manifest(kinds: Iterable[str], *, is_delta: bool) -> str:
    mode = "delta" if is_delta else "bulk"
    modes = dict.fromkeys([*KINDS, *OTHER_KINDS], "absent") | dict.fromkeys(kinds, mode)
    lines = [["manifest.version", "1.0"], ["oneroster.version", "1.1"]]
    lines += [[f"file.{kind}", way] for kind, way in sorted(modes.items())]
    return _written("propertyName,value", lines)


def _written(columns: str, lines: Iterable[Line]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns.split(","))
    writer.writerows(lines)
    return text.getvalue()


def _term() -> Line:
    days = ["2020-08-24", "2099-12-19"]  # a term that is on whenever this runs
    return ["t-1", "", "", "Fall", "term", *days, "", "2099"]


def _course(place: int) -> Line:
    return [f"c-{place}", "", "", "", f"Course {place}", f"C-{place}", *_empty(4)]


def _class(place: int) -> Line:
    course = place // 4
    names = [f"Course {course} {place % 4:02}", "", f"c-{course}", f"C-{place}"]
    return [
        f"k-{place}",
        "",
        "",
        *names,
        "scheduled",
        "",
        "org-alder",
        "t-1",
        *_empty(3),
    ]


def _enrollments(
    students: Iterable[int], courses: Iterable[int], *, status: str = ""
) -> Iterator[Line]:
    at = "2026-11-30T03:10:00.000Z" if status else ""
    chosen = list(courses)
    for student in students:
        for course in chosen:
            place = (student + course * 4 * 97) % CLASSES
            facts = [f"k-{place}", "org-alder", f"u-{student}", "student"]
            yield [f"e-{student}-{course}", status, at, *facts, *_empty(3)]


def _user(place: int, area: str, *, status: str = "") -> Line:
    at = "2026-11-30T03:10:00.000Z" if status else ""
    login = [f"s{place}", "", f"First{place % 997}", f"Last{place % 4999}", ""]
    ways = [f"{place:08}", f"s{place}@alder.example", f"({area}) {2000000 + place}", ""]
    who = ["true", "org-alder", "student"]
    return [f"u-{place}", status, at, *who, *login, *ways, *_empty(3)]


def _empty(count: int) -> Line:
    return [""] * count
