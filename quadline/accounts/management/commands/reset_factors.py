"""quadline reset_factors maya@college.edu"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quadline.accounts.factors import reset_factors
from quadline.accounts.models import User


class Command(BaseCommand):
    help = (
        "Remove the second factors of somebody who has lost them. They sign in with"
        " their password alone, and set up new ones if their role requires it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_address(options["email"])
        if user is None:
            raise CommandError(
                f"{options['email']} has no account. Nothing was changed."
            )
        if reset_factors(user, actor=None):
            self.stdout.write(f"{user.name} signs in with the password alone now.")
        else:
            self.stdout.write(f"{user.name} had no second factors.")
