"""quadline campus_sign_in off"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from quadline.accounts.single_sign_on.configuring import switch_off


class Command(BaseCommand):
    help = (
        "Switch the campus sign-in off when nobody gets in any more: passwords open"
        " accounts again. It is switched on under Manage, Signing in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("state", choices=["off"])

    def handle(
        self,
        *args: Any,
        **options: Any,
    ) -> None:
        if switch_off(actor=None):
            self.stdout.write("Campus sign-in is off. Passwords open accounts again.")
        else:
            self.stdout.write("Campus sign-in was off already. Nothing was changed.")
