"""quadline import_roster students.csv [caseload.csv], or a ZIP file or folder"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quadline import clock
from quadline.delivery.rosters.from_files import import_roster_files
from quadline.roster.faults import ImportFault, RosterFault, write_faults
from quadline.roster.importing import Dropped, Imported
from quadline.roster.models import RosterMapping

MAX_FAULTS_SHOWN = 20  # the list in the file has all of them
WOULD_DROP = 3  # exit code


class Command(BaseCommand):
    help = (
        "Import students and caseloads from CSV files. A bad cell is left out and"
        " reported; a row whose student cannot be told stops the import. Columns,"
        " faults and exit codes: docs/importing-a-roster.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("students", type=Path)
        parser.add_argument("caseload", type=Path, nargs="?")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what would change, and change nothing",
        )
        parser.add_argument(
            "--allow-drop",
            action="store_true",
            help=(
                "import even if more than 10 %% of students,"
                " phones or caseload rows would be gone"
            ),
        )
        parser.add_argument(
            "--mapping",
            help="the name of a mapping made under Manage > Roster",
        )
        parser.add_argument(
            "--faults",
            type=Path,
            help="where the list of faults goes; else beside the students file",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        students = options["students"]
        self.faults_file = options["faults"] or students.with_name(
            f"{students.stem}-faults.csv"
        )
        try:
            done = import_roster_files(
                students,
                options["caseload"],
                now=clock.now(),
                may_drop=options["allow_drop"],
                is_trial=options["dry_run"],
                mapping=_mapping(options["mapping"]),
            )
        except Dropped as dropped:
            self._say(dropped.imported, is_trial=True)
            advice = "Check the file. If this is meant, import it with --allow-drop."
            raise CommandError(
                f"Nothing was imported.\n{dropped}\n{advice}", returncode=WOULD_DROP
            ) from dropped
        except RosterFault as fault:
            where = self._kept(fault.faults)
            listed = _listed(fault.faults)
            raise CommandError(
                f"Nothing was imported. Fix this and import again:\n{listed}{where}"
            ) from fault
        self._say(done, is_trial=options["dry_run"])
        if options["dry_run"]:
            self.stdout.write("This was a dry run. Nothing was changed.")

    def _say(
        self,
        done: Imported,
        *,
        is_trial: bool,
    ) -> None:
        for note in done.notes:
            self.stdout.write(note)
        verb = "Would import" if is_trial else "Imported"
        counts = (
            f"{done.new:,} new, {done.changed:,} changed, {done.unchanged:,} as before"
        )
        self.stdout.write(f"{verb} {_of(done.students, 'student')}: {counts}.")
        if done.caseload_entries:
            rows = (
                "caseload entry" if done.caseload_entries == 1 else "caseload entries"
            )
            self.stdout.write(f"{verb} {done.caseload_entries:,} {rows}.")
        if done.leaving:
            gone = (
                "student of the last file is"
                if done.leaving == 1
                else "students of the last file are"
            )
            self.stdout.write(
                f"{done.leaving:,} {gone} not in this one. Nothing of them is deleted."
            )
        if done.faults:
            where = self._kept(done.faults)
            count = _of(len(done.faults), "fault")
            self.stdout.write(
                f"{count}. What was known there stays:\n{_listed(done.faults)}{where}"
            )

    def _kept(self, faults: Sequence[ImportFault]) -> str:
        """Where the whole list is."""
        try:
            write_faults(self.faults_file, faults)
        except OSError as error:
            return (
                f"\nThe list could not be written to {self.faults_file}:"
                f" {error.strerror}. Name a place with --faults."
            )
        return f"\nThe list: {self.faults_file}"


def _mapping(name: str | None) -> RosterMapping | None:
    if not name:
        return None
    found = RosterMapping.objects.filter(name=name, is_ready=True).first()
    if found is None:
        raise CommandError(f"There is no mapping called {name}. Nothing was imported.")
    return found


def _listed(faults: Sequence[ImportFault]) -> str:
    shown = faults[:MAX_FAULTS_SHOWN]
    lines = [f"  {fault}" for fault in shown]
    more = len(faults) - MAX_FAULTS_SHOWN
    if more > 0:
        lines.append(f"  and {more:,} more")
    return "\n".join(lines)


def _of(count: int, one: str) -> str:
    if count == 1:
        return f"1 {one}"
    return f"{count:,} {one}s"
