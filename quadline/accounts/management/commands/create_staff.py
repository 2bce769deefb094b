"""quadline create_staff maya@college.edu "Maya Alvarez" --role administrator"""

import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from quadline.accounts.models import Office, User
from quadline.accounts.opening import open_account
from quadline.accounts.rules import Role
from quadline.sms.phones import PhoneError, normalise


class Command(BaseCommand):
    help = (
        "Make an account for a staff user. The password is asked for; leave it empty"
        " and the person sets one by “Forgot your password?”."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument(
            "--role", choices=[role.value for role in Role], default=Role.ADVISOR.value
        )
        parser.add_argument("--title", default="")
        parser.add_argument("--office", default="")
        parser.add_argument("--office-phone", default="")
        parser.add_argument(
            "--no-input",
            action="store_true",
            help="ask nothing; the person sets the password by email",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        if User.objects.filter(email=email).exists():
            raise CommandError(f"{email} has an account already. Nothing was changed.")
        try:
            phone = (
                normalise(options["office_phone"]) if options["office_phone"] else ""
            )
            user = User(
                email=email,
                name=options["name"],
                role=options["role"],
                title=options["title"],
            )
            office = Office.objects.look_up(options["office"])
            if office:
                office.clean_fields()
            user.office, user.office_phone = office, phone
            user.set_password(None if options["no_input"] else _ask_for_password(user))
            user.full_clean()
        except (PhoneError, ValidationError) as error:
            raise CommandError(f"No account was made. {error}") from error
        try:
            with transaction.atomic():
                user.office = Office.objects.named(options["office"])
                open_account(user, actor=None)
        except IntegrityError as error:
            # Somebody made it while the password was being typed.
            raise CommandError(
                f"{email} has an account already. Nothing was changed."
            ) from error
        self.stdout.write(f"{user.name} can sign in as {email}, {user.role}.")


def _ask_for_password(user: User) -> str | None:
    password = getpass.getpass("Password (empty: set by email): ")
    if password:
        validate_password(password, user)
    return password or None
