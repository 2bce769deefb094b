"""Write Alder College, the sample that the demo and the tests load:
three CSV files and twelve portraits.

`--check` writes nothing and fails when a file differs from what would be written. All
people are invented; phone numbers use the exchange 555, the fictional 555-01xx lines
first.
"""

import argparse
import csv
import io
import itertools
import random
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from quadline.demo.college import people
from quadline.demo.college.faces import LOOKS, draw

COLLEGE = Path(__file__).resolve().parent.parent / "quadline" / "demo" / "college"
SEED = 1871  # another one makes another college
STUDENTS = 2000
AWAY_STUDENTS = 15  # those by name included
HOME = "America/Detroit"
AREA_CODES = ("734", "313", "517", "248", "616")
AWAY = {  # where students who live elsewhere have their number from
    "America/Chicago": "312",
    "America/Denver": "303",
    "America/Phoenix": "602",
    "America/Los_Angeles": "213",
    "Pacific/Honolulu": "808",
    "America/Puerto_Rico": "787",
}
# The commonest stands twice.
FORMATS = (
    "({0}) {1}-{2}",
    "({0}) {1}-{2}",
    "{0}-{1}-{2}",
    "{0}.{1}.{2}",
    "+1 {0} {1} {2}",
    "{0}{1}{2}",
    "1 ({0}) {1}-{2}",
)
PROGRAMS = {
    "health": people.HEALTH,
    "transfer": people.TRANSFER,
    "career": people.CAREER,
}
COURSES = {
    "health": people.HEALTH_COURSES,
    "transfer": people.TRANSFER_COURSES,
    "career": people.CAREER_COURSES,
}
Row = dict[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare with the files, write nothing"
    )
    files = college()
    if parser.parse_args().check:
        stale = [name for name, text in files.items() if not same(COLLEGE / name, text)]
        for name in stale:
            print(f"{name} differs")
        if not stale:
            print(f"{len(files)} files are as generated")
        return 1 if stale else 0
    for name, text in files.items():
        file = COLLEGE / name
        file.parent.mkdir(parents=True, exist_ok=True)
        # Ends of lines stay as they are on every system: --check compares bytes.
        file.write_text(text, encoding="utf-8", newline="")
    return 0


def same(file: Path, text: str) -> bool:
    if not file.is_file():
        return False
    return file.read_bytes() == text.encode()


def college() -> dict[str, str]:
    """Return every file's text by its path below the college's folder."""
    rng = random.Random(SEED)
    staff = staff_rows()
    students, maya = student_rows(rng)
    return {
        "students.csv": as_csv(students),
        "staff.csv": as_csv(staff),
        "caseload.csv": as_csv(caseload_rows(rng, students, maya)),
        **{f"portraits/{name}.svg": draw(look) for name, look in LOOKS.items()},
    }


def as_csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def staff_rows() -> list[Row]:
    rows = []
    for number, (name, title, role, office, _) in enumerate(table(people.STAFF_TABLE)):
        account = account_of(name)
        rows.append(
            {
                "email": f"{account}@alder.example",
                "name": name,
                "title": title,
                "role": role,
                "office": office,
                "office_phone": f"(734) 555-01{number:02}",
                "time_zone": "America/Chicago" if office == "Career Center" else HOME,
                "portrait": f"{account}.svg",
            }
        )
    return rows


def account_of(name: str) -> str:
    first, last = name.split()[:2]
    short = last.removesuffix("-Fitzgerald")
    return f"{first}.{short}".lower()


def caseload_rows(
    rng: random.Random, students: list[Row], maya: list[str]
) -> list[Row]:
    """Give each staff member their number of students;
    advisors of one office share none.
    """
    taken: dict[str, set[str]] = {}
    rows = []
    for name, _, _, office, load in table(people.STAFF_TABLE):
        size, kind, relation = load.split(" ", 2)
        others = taken.setdefault(office, set())
        fixed = maya if name == "Maya Alvarez" else []
        fitting = [row for row in students if suits(row, kind, bool(fixed))]
        ids = [row["institutional_id"] for row in fitting]
        unavailable = others | NAMED_IDS
        free = [each for each in ids if each not in unavailable]
        chosen = [*fixed, *rng.sample(free, int(size) - len(fixed))]
        others.update(chosen)
        email = f"{account_of(name)}@alder.example"
        for each in sorted(chosen):
            row = {"staff_email": email, "institutional_id": each, "relation": relation}
            rows.append(row)
    return rows


def suits(student: Row, kind: str, needs_mobile: bool) -> bool:
    programs = PROGRAMS.get(kind)
    if programs is not None and student["program"] not in programs:
        return False
    if needs_mobile:
        return student["status"] == "active" and student["mobile"] != ""
    return student["status"] in ("active", "leave")


def student_rows(rng: random.Random) -> tuple[list[Row], list[str]]:
    """Return all students by id, and the ids of the named ones on Maya's caseload."""
    numbers = Numbers(rng)
    rows = [named_row(fields, numbers) for fields in table(people.NAMED)]
    share_phones(rows)
    emails = {row["email"] for row in rows}
    ids = invented_ids(rng, STUDENTS - len(rows))
    named_away = sum(row["time_zone"] != HOME for row in rows)
    zones = away_zones(rng, len(ids), named=named_away)
    rows += [
        invented_row(rng, each, zone, numbers, emails)
        for each, zone in zip(ids, zones, strict=True)
    ]
    for row in rows:
        row.update(tags_and_courses(row))
    maya = [fields[0] for fields in table(people.NAMED) if fields[10] == "maya"]
    return sorted(rows, key=lambda row: row["institutional_id"]), maya


def invented_ids(rng: random.Random, count: int) -> list[str]:
    numbers = range(400_100, 440_000)
    ids = [f"{number:08}" for number in numbers]
    free = [each for each in ids if each not in NAMED_IDS]
    return rng.sample(free, count)


def share_phones(rows: list[Row]) -> None:
    """Where a row names another student,
    copy that student's mobile, written differently.
    """
    mobiles = {row["institutional_id"]: row["mobile"] for row in rows}
    for row in rows:
        owners = mobiles.get(row["mobile"])
        if owners:
            digits = "".join(filter(str.isdigit, owners))[-10:]
            area, exchange, line = digits[:3], digits[3:6], digits[6:]
            row["mobile"] = f"{area} {exchange} {line}"


def named_row(fields: list[str], numbers: "Numbers") -> Row:
    each, first, last, preferred, pronouns, account, phone, zone, status, program, _ = (
        fields
    )
    mobile = numbers.next(zone) if phone == "mobile" else phone
    return {
        "institutional_id": each,
        "first_name": first,
        "last_name": last,
        "preferred_name": preferred,
        "pronouns": pronouns,
        "email": f"{account}@alder.example",
        "mobile": "" if phone in ("landline", "none") else mobile,
        "landline": numbers.next("") if phone == "landline" else "",
        "time_zone": zone or HOME,
        "status": status,
        "program": program,
        "test_student": "yes" if account in ("sally.student", "terry.test") else "no",
    }


def invented_row(
    rng: random.Random, each: str, zone: str, numbers: "Numbers", emails: set[str]
) -> Row:
    first, last, is_woman = invented_name(rng)
    phones = rng.random()
    has_mobile = phones > 0.06 or bool(zone)
    has_landline = phones < 0.02 or phones > 0.93
    return {
        "institutional_id": each,
        "first_name": first,
        "last_name": last,
        "preferred_name": preferred_name(rng, first),
        "pronouns": pronouns(rng, is_woman),
        "email": unused_email(first, last, emails),
        "mobile": numbers.next(zone) if has_mobile else "",
        "landline": numbers.next("") if has_landline else "",
        "time_zone": zone or HOME,
        "status": rng.choices(*STATUSES)[0],
        "program": rng.choice(rng.choices(list(PROGRAMS.values()), (32, 42, 26))[0]),
        "test_student": "no",
    }


def tags_and_courses(student: Row) -> Row:
    """By dice of the student's own,
    so that what is drawn for one changes nothing for the others.
    """
    rng = random.Random(f"{SEED} {student['institutional_id']}")
    tags = [
        tag
        for tag, in_a_hundred in people.TAGS.items()
        if rng.random() * 100 < in_a_hundred
    ]
    program = student["program"]
    kind = next(kind for kind, programs in PROGRAMS.items() if program in programs)
    is_here = student["status"] == "active"
    taken = {
        *rng.sample(COURSES[kind], rng.randint(1, 3)),
        *rng.sample(people.SHARED_COURSES, rng.randint(0, 2)),
    }
    return {
        "tags": "; ".join(tags),
        "courses": "; ".join(sorted(taken)) if is_here else "",
    }


def invented_name(rng: random.Random) -> tuple[str, str, bool]:
    """First name, last name, and whether she is a woman."""
    groups = [
        [cell.split() for cell in group.split("|")]
        for group in people.PEOPLE_NAMES.split("\n\n")
    ]
    weights = [int(group[0][0]) for group in groups]
    _, women, men, families = rng.choices(groups, weights)[0]
    is_woman = rng.random() < 0.58
    last = rng.choice(families)
    if rng.random() < 0.04:
        last = f"{last}-{rng.choice(families)}"
    first = rng.choice(women if is_woman else men)
    return first, last, is_woman


def preferred_name(rng: random.Random, first: str) -> str:
    nicknames = dict(pair.split(":") for pair in people.NICKNAMES.split())
    if first in nicknames:
        return nicknames[first] if rng.random() < 0.5 else ""
    if rng.random() >= 0.045:
        return ""
    return rng.choice(people.PREFERRED_NAMES.split())


def pronouns(rng: random.Random, is_woman: bool) -> str:
    if rng.random() > 0.4:
        return ""
    if rng.random() < 0.07:
        return "they/them"
    return "she/her" if is_woman else "he/him"


def unused_email(first: str, last: str, emails: set[str]) -> str:
    name = f"{plain(first)}.{plain(last)}"
    email = f"{name}@alder.example"
    number = 1
    while email in emails:
        number += 1
        email = f"{name}{number}@alder.example"
    emails.add(email)
    return email


def plain(name: str) -> str:
    """Fold a Latin name to the letters an address may have."""
    # NFKD takes accents off; the stroke of Đ is no accent.
    letters = unicodedata.normalize("NFKD", name.replace("Đ", "D")).lower()
    return re.sub("[^a-z0-9-]", "", letters)


def away_zones(rng: random.Random, count: int, named: int) -> list[str]:
    """Return a zone for each student, "" for home;
    the named students who are away count.
    """
    zones = list(itertools.islice(itertools.cycle(AWAY), AWAY_STUDENTS - named))
    zones += [""] * (count - len(zones))
    rng.shuffle(zones)
    return zones


class Numbers:
    """Fictional phone numbers, each handed out once,
    in the many ways people write them.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.home = self._lines(AREA_CODES)
        self.away = {zone: self._lines((code,)) for zone, code in AWAY.items()}

    def next(self, zone: str) -> str:
        lines = self.away[zone] if zone else self.home
        code, line = next(lines)
        written = self.rng.choice(FORMATS)
        return written.format(code, "555", line)

    def _lines(self, codes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        # First the hundred of each code reserved for fiction (555-0100 to 0199).
        for block in (range(100, 200), range(200, 1000)):
            lines = [(code, f"{line:04}") for code in codes for line in block]
            self.rng.shuffle(lines)
            for code, line in lines:
                if not is_reserved(code, line):
                    yield code, line


def is_reserved(code: str, line: str) -> bool:
    """Keep office lines and the test students' phones for them alone."""
    if code != "734":
        return False
    return line < "0120" or line in ("0177", "0190")


def table(text: str) -> list[list[str]]:
    lines = text.strip().splitlines()
    return [_cells(line) for line in lines]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


# so many in a hundred
STATUSES = (("active", "leave", "withdrawn", "graduated"), (91, 2, 4, 3))
NAMED_IDS = {fields[0] for fields in table(people.NAMED)}


if __name__ == "__main__":
    sys.exit(main())
