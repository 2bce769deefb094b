"""Point the carrier's webhooks at this house. Safe to repeat; run it once after
PUBLIC_URL or the account changes.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quadline.carriers import registry
from quadline.carriers.protocol import NumberProblem


class Command(BaseCommand):
    help = "Tell the carrier where replies and registration news go."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in registry.current_carrier().connect():
                self.stdout.write(line)
        except NumberProblem as problem:
            raise CommandError(
                f"{problem.words} Check the carrier's settings and try again;"
                " nothing else changed."
            ) from problem
