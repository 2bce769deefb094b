"""Ask the carrier whether all is set up as Quadline needs it.
Changes nothing there; safe at any time.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quadline import clock
from quadline.carriers import registry
from quadline.carriers.protocol import NumberProblem
from quadline.consent.confirmations import AskedFor
from quadline.delivery.opting import confirmations
from quadline.numbers.comparing import ask_carrier
from quadline.numbers.watching import difference_words


class Command(BaseCommand):
    help = (
        "Check the carrier: where replies go, answers to STOP and HELP, and the"
        " numbers in use."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        carrier = registry.current_carrier()
        try:
            faults = list(carrier.faults_in_setup())
            confirmations.check_carrier_answers(carrier, now=clock.now())
            compared, _ = ask_carrier(carrier)
        except NumberProblem as problem:
            raise CommandError(
                f"{problem.words} Check the carrier's settings and try again;"
                " nothing was changed."
            ) from problem
        self._say("Set-up at the carrier", faults)
        numbers = [
            difference_words(each.kind, phone=each.phone)
            for each in compared.differences
        ]
        self._say("Numbers at the carrier", numbers)
        faults += numbers
        found = {
            check.asked: amiss for check, amiss in confirmations.confirmation_faults()
        }
        for asked in AskedFor:
            if asked in found:
                self._say(f"Answer to {asked.upper()}", found[asked])
                faults += found[asked]
            else:
                self.stdout.write(
                    f"not seen  Answer to {asked.upper()}: nobody has texted it yet."
                    " Text it from a phone of yours."
                )
        if faults:
            raise CommandError("Something needs a person. Nothing was changed.")

    def _say(
        self,
        what: str,
        faults: list[str],
    ) -> None:
        for fault in faults:
            self.stdout.write(f"check     {what}: {fault}")
        if not faults:
            self.stdout.write(f"ok        {what}")
