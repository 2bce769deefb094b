"""quadline import_roster students.csv [caseload.csv]"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quadline import clock
from quadline.delivery.caseloads import import_roster
from quadline.roster.importing import MOST_FAULTS_SHOWN, RosterFault


class Command(BaseCommand):
    help = "Import students and caseloads from CSV files, all or nothing. Columns: docs/importing-a-roster.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("students", type=Path)
        parser.add_argument("caseload", type=Path, nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = import_roster(options["students"], options["caseload"], now=clock.now())
        except RosterFault as fault:
            more = len(fault.faults) - MOST_FAULTS_SHOWN
            rest = f"\nand {more} more" if more > 0 else ""
            raise CommandError(f"Nothing was imported. Mend these and try again:\n{fault}{rest}") from fault
        self.stdout.write(f"Imported {done.students:,} students and {done.caseload_entries:,} caseload entries.")
