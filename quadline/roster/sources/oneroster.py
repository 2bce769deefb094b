"""What OneRoster 1.1 and 1.2 CSV files must hold: manifest, headers, rows. No database
here.

1EdTech, OneRoster CSV Binding 1.1 (2017), section 3, and 1.2 (2022), section 4. Files
that say nothing of a roster of students (demographics, results, resources) are not
read, and neither are agents, which are parents and guardians.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

VERSIONS = ("1.1", "1.2")
RECORD_STATUSES = ("", "active", "tobedeleted")
# 1.0 had it; exports still write it for what is gone.
GONE = ("tobedeleted", "inactive")


class Mode(StrEnum):
    BULK = "bulk"  # all there is: what is not in it is gone
    DELTA = "delta"  # what was added, changed or taken out since the last
    ABSENT = "absent"  # not sent


class Kind(StrEnum):
    ORG = "org"
    SESSION = "session"
    COURSE = "course"
    CLASS = "class"
    USER = "user"
    ROLE = "role"
    ENROLLMENT = "enrollment"


class FileForm(NamedTuple):
    """``columns``: those that the standard demands, by version. ``kept``: what we keep
    of a row, by our name; ``refers``: which of these name rows of another kind.
    """

    kind: Kind
    columns: Mapping[str, tuple[str, ...]]
    kept: Mapping[str, str]
    refers: Mapping[str, Kind]


BASE = ("sourcedId", "status", "dateLastModified")
_PERSON = (
    *("userIds", "givenName", "familyName", "middleName", "identifier"),
    *("email", "sms", "phone", "agentSourcedIds", "grades", "password"),
)
_USERS_1_1 = (*BASE, "enabledUser", "orgSourcedIds", "role", "username", *_PERSON)
_USERS_1_2 = (
    *(*BASE, "enabledUser", "username", *_PERSON, "userMasterIdentifier"),
    *("preferredGivenName", "preferredMiddleName", "preferredFamilyName"),
    *("primaryOrgSourcedId", "pronouns"),
)
_ROLES = (
    *(*BASE, "userSourcedId", "roleType", "role", "beginDate", "endDate"),
    *("orgSourcedId", "userProfileSourcedId"),
)
_ORGS = (*BASE, "name", "type", "identifier", "parentSourcedId")
_SESSIONS = (
    *(*BASE, "title", "type", "startDate", "endDate", "parentSourcedId"),
    "schoolYear",
)
_COURSES = (
    *(*BASE, "schoolYearSourcedId", "title", "courseCode", "grades"),
    *("orgSourcedId", "subjects", "subjectCodes"),
)
_CLASSES = (
    *(*BASE, "title", "grades", "courseSourcedId", "classCode", "classType"),
    *("location", "schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes"),
    "periods",
)
_ENROLLMENTS = (
    *(*BASE, "classSourcedId", "schoolSourcedId", "userSourcedId", "role"),
    *("primary", "beginDate", "endDate"),
)


def _in_both(columns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(VERSIONS, columns)


# In the order in which they are read: whoever is referred to comes first.
FILES: dict[str, FileForm] = {
    "orgs.csv": FileForm(
        Kind.ORG,
        _in_both(_ORGS),
        {"name": "name", "type": "type"},
        {},
    ),
    "academicSessions.csv": FileForm(
        Kind.SESSION,
        _in_both(_SESSIONS),
        {"title": "title", "starts": "startDate", "ends": "endDate"},
        {},
    ),
    "courses.csv": FileForm(
        Kind.COURSE,
        _in_both(_COURSES),
        {"title": "title", "code": "courseCode"},
        {},
    ),
    "classes.csv": FileForm(
        Kind.CLASS,
        _in_both(_CLASSES),
        {
            "title": "title",
            "code": "classCode",
            "course": "courseSourcedId",
            "terms": "termSourcedIds",
        },
        {"course": Kind.COURSE, "terms": Kind.SESSION},
    ),
    "users.csv": FileForm(
        Kind.USER,
        {"1.1": _USERS_1_1, "1.2": _USERS_1_2},
        {
            "role": "role",
            "orgs": "orgSourcedIds",
            "org": "primaryOrgSourcedId",
            "identifier": "identifier",
            "master": "userMasterIdentifier",
            "first_name": "givenName",
            "last_name": "familyName",
            "preferred_name": "preferredGivenName",
            "pronouns": "pronouns",
            "email": "email",
            "mobile": "sms",
            "landline": "phone",
        },
        {"orgs": Kind.ORG, "org": Kind.ORG},
    ),
    "roles.csv": FileForm(
        Kind.ROLE,
        {"1.1": (), "1.2": _ROLES},
        {
            "user": "userSourcedId",
            "role": "role",
            "starts": "beginDate",
            "ends": "endDate",
        },
        {"user": Kind.USER},
    ),
    "enrollments.csv": FileForm(
        Kind.ENROLLMENT,
        _in_both(_ENROLLMENTS),
        {
            "user": "userSourcedId",
            "class": "classSourcedId",
            "role": "role",
            "starts": "beginDate",
            "ends": "endDate",
        },
        {"user": Kind.USER, "class": Kind.CLASS},
    ),
}
# Of other files of the standard nothing is read.
NOT_READ = frozenset(
    {
        *("categories.csv", "classResources.csv", "courseResources.csv"),
        *("demographics.csv", "lineItems.csv", "resources.csv", "results.csv"),
        *("userProfiles.csv", "userResources.csv", "scoreScales.csv"),
        *("lineItemScoreScales.csv", "resultScoreScales.csv"),
        *("lineItemLearningObjectiveIds.csv", "resultLearningObjectiveIds.csv"),
    }
)
# Without these nothing says who is a student.
NEEDED = {"1.1": ("users.csv",), "1.2": ("users.csv", "roles.csv")}


class ManifestFault(ValueError):
    """The manifest cannot be followed; the words say why and what to do."""


class Manifest(NamedTuple):
    """``modes``: by file name; one that is not named is absent."""

    version: str
    modes: Mapping[str, Mode]
    system: str = ""  # what wrote it

    @property
    def words(self) -> str:
        """OneRoster 1.2 (delta) from Banner"""
        modes = sorted({mode for mode in self.modes.values() if mode != Mode.ABSENT})
        of = f" from {self.system}" if self.system else ""
        return f"OneRoster {self.version} ({' and '.join(modes)}){of}"


def read_manifest(properties: Mapping[str, str]) -> Manifest:
    """The rows of manifest.csv as name and value. Raises ManifestFault."""
    version = properties.get("oneroster.version", "")
    if version not in VERSIONS:
        known = " and ".join(VERSIONS)
        raise ManifestFault(
            f"says oneroster.version “{version}”. Quadline reads {known}."
        )
    modes: dict[str, Mode] = {}
    for name, value in properties.items():
        first, _, file = name.partition(".")
        if first != "file":
            continue
        try:
            modes[f"{file}.csv"] = Mode(value.lower())
        except ValueError:
            raise ManifestFault(
                f"says “{value}” of {name}. It must be bulk, delta or absent."
            ) from None
    for needed in NEEDED[version]:
        if modes.get(needed, Mode.ABSENT) == Mode.ABSENT and _is_all_bulk(modes):
            raise ManifestFault(f"has no {needed}. Without it there are no students.")
    system = " ".join(properties.get("source.systemName", "").split())
    return Manifest(version, modes, system[:60])


def without_manifest(names: Iterable[str], user_columns: Iterable[str]) -> Manifest:
    """What the files must be where an exporter wrote no manifest.csv: all of them bulk;
    users have their role in users.csv until 1.1.
    """
    version = "1.1" if "role" in user_columns else "1.2"
    there = [name for name in names if name in FILES]
    return Manifest(version, dict.fromkeys(there, Mode.BULK))


def header_faults(name: str, version: str, header: Iterable[str]) -> list[str]:
    """What is wrong with a header, in words. Columns of one's own are called
    ``metadata.…`` and follow the others.
    """
    given = [cell.strip() for cell in header]
    faults: list[str] = []
    wanted = FILES[name].columns[version]
    missing = [column for column in wanted if column not in given]
    if missing:
        faults.append(
            f"has no column {', '.join(missing)}. OneRoster {version} names it"
            " exactly so: export it again, or make a mapping for the file."
        )
    twice = sorted({column for column in given if column and given.count(column) > 1})
    if twice:
        faults.append(f"has {', '.join(twice)} more than once. Keep one.")
    return faults


def several_ids(cell: str) -> list[str]:
    """The ids in a cell that may have more than one."""
    parts = [part.strip() for part in cell.split(",")]
    return [part for part in parts if part]


def institutional_id_of(fields: Mapping[str, str], sourced_id: str) -> str:
    """The id that people know: the identifier; the master identifier (1.2), where
    there is none; else the id of the export.
    """
    return fields.get("identifier") or fields.get("master") or sourced_id


def is_over(ends: str, today: date) -> bool:
    """Whether the last day is past. What cannot be read as a day has no end."""
    try:
        return date.fromisoformat(ends[:10]) < today
    except ValueError:
        return False


def _is_all_bulk(modes: Mapping[str, Mode]) -> bool:
    return Mode.DELTA not in modes.values()
