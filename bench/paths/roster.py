"""Roster: students and caseload rows a second that are read from files, checked and
saved; and the memory it takes.
"""

import csv
import subprocess
import sys
import time
from pathlib import Path

from django.db import connection
from django.utils import timezone

from bench import college
from bench.figures import Figures, Reach, Row, Work
from bench.house import DATA
from bench.limits.copies import make_copy
from quadline.roster.models import CaseloadEntry, Student

SPEED, MEMORY = "roster", "roster, memory"
ROWS = (
    Row(SPEED, "rows/s", "COPY of the same rows", Reach(at_least=0.1)),
    Row(MEMORY, "MB", "300 MB at the peak", Reach(at_most=1)),
)
STAFF = 300
ALLOWED_MB = 300.0
STUDENTS_FILE, CASELOAD_FILE = DATA / "students.csv", DATA / "caseload.csv"


def measure(work: Work) -> Figures:
    count = work.of(100_000, quick=10_000)
    college.empty()
    college.staff(STAFF, now=timezone.now())
    _write_files(count)
    college.settle()
    command = [
        sys.executable,
        "-m",
        "bench.importing",
        str(STUDENTS_FILE),
        str(CASELOAD_FILE),
    ]
    # In a process of its own: the most memory it ever had is the import's alone.
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, most_memory = map(float, ended.stdout.split())
    rows = 2 * count
    saved = Student.objects.count() + CaseloadEntry.objects.count()
    assert saved == rows, f"{saved} of {rows} rows were saved"
    return {SPEED: rows / seconds, MEMORY: most_memory / 1_000_000}


def limit(work: Work) -> Figures:
    models = (Student, CaseloadEntry)
    tables = [model._meta.db_table for model in models]
    rows = sum(model.objects.count() for model in models)
    # What was saved, as the database writes it: reading CSV is no part of the limit.
    files = [_copied_out(table) for table in tables]
    copies = [make_copy(table) for table in tables]
    college.settle()
    began = time.perf_counter()
    for file, copy in zip(files, copies, strict=True):
        _copy_in(file, copy)
    seconds = time.perf_counter() - began
    return {SPEED: rows / seconds, MEMORY: ALLOWED_MB}


def _write_files(count: int) -> None:
    with (
        STUDENTS_FILE.open("w", newline="") as students,
        CASELOAD_FILE.open("w", newline="") as caseload,
    ):
        to_students, to_caseload = csv.writer(students), csv.writer(caseload)
        to_students.writerow(
            [
                "institutional_id",
                "first_name",
                "last_name",
                "email",
                "mobile",
                "status",
                "program",
                "tags",
            ]
        )
        to_caseload.writerow(["staff_email", "institutional_id", "relation"])
        for place in range(count):
            id = f"{place:08}"
            names = [f"First{place % 997}", f"Last{place % 4999}"]
            to_students.writerow(
                [
                    id,
                    *names,
                    f"s{place}@alder.example",
                    f"(734) {2000000 + place}",
                    "active",
                    "Nursing",
                    "STEM;TRIO",
                ]
            )
            to_caseload.writerow(
                [f"staff{1 + place % STAFF}@alder.example", id, "Primary advisor"]
            )


def _copied_out(table: str) -> Path:
    file = DATA / f"{table}.copy"
    connection.ensure_connection()
    with (
        file.open("wb") as output,
        connection.connection.cursor().copy(f"COPY {table} TO STDOUT") as rows,
    ):
        for block in rows:
            output.write(block)
    return file


def _copy_in(file: Path, table: str) -> None:
    with (
        file.open("rb") as source,
        connection.connection.cursor().copy(f"COPY {table} FROM STDIN") as rows,
    ):
        # 64 KiB: the file is never in memory as a whole.
        while block := source.read(1 << 16):
            rows.write(block)
