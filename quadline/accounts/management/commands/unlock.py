"""quadline unlock maya@college.edu [--address 203.0.113.7]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quadline.accounts.guessing import unlock_account
from quadline.accounts.models import User


class Command(BaseCommand):
    help = (
        "Let somebody sign in again at once after too many wrong passwords. It also"
        " passes automatically, within minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--address",
            default="",
            help="forget the wrong passwords that came from this IP address, too",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"{email} has no account. Nothing was changed.")
        unlock_account(user, address=options["address"])
        self.stdout.write(f"{user.name} can sign in again.")
