"""quadline create_token maya@college.edu --name "Nightly roster" """

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quadline import clock
from quadline.accounts.models import User
from quadline.accounts.tokens import TokenRefused, make_token


class Command(BaseCommand):
    help = (
        "Make an API token for a staff user and print it, once. It may do what that"
        " person may do."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="Made on the command line")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(
                f"No staff account has the address {options['email']}. No token was"
                " made."
            )
        try:
            _, words = make_token(
                user=user,
                name=options["name"],
                actor=None,
                now=clock.now(),
            )
        except TokenRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(words)
