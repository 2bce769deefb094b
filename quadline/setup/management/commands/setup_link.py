"""quadline setup_link"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quadline import clock
from quadline.setup.links import SetupClosed, make_link


class Command(BaseCommand):
    help = (
        "Print a new link for the first account. It works once, for 24 hours, and"
        " takes the place of the one before."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(make_link(now=clock.now()))
        except SetupClosed as closed:
            raise CommandError(
                "This college has an account: no link was made. Sign in, or make an"
                " administrator with quadline createsuperuser."
            ) from closed
