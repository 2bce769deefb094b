"""The pages of the campus sign-in in every dress: accessible by axe, no sideways scroll."""

from collections.abc import Callable

from django.utils import timezone

from quadline.accounts.models import SignInConnection
from tests.browser import Person
from tests.cast import Cast
from tests.house import House
from tests.identity_providers.stage import decide
from tests.journeys.test_screens import look, measured_by_axe, too_wide

Arrive = Callable[..., Person]
REFUSED = "/accounts/campus/return/?error=access_denied"
FORBIDDEN = (
    "console: Failed to load resource: the server responded with a status of 403"
    " (Forbidden)"
)


def test_axe_finds_nothing_and_nothing_is_too_wide(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    decide(
        people.ada,
        office_claim="urn:oid:2.5.4.11",
        office_rules=(("NUR", "Nursing and Health Advising"),),
        unmapped="advisor",
    )
    for is_live in (True, False):
        SignInConnection.objects.create(
            protocol="oidc",
            issuer=f"https://login.alder.example/{'tenant-' * 16}",
            client_id="quadline",
            sealed_secret="sealed",
            described={},
            is_live=is_live,
            changed_at=timezone.now(),
            tested_at=timezone.now(),
        )
    here = measured_by_axe(at_the_screen, "ada")
    wrong: list[str] = []
    here.open("/manage/sign-in/")
    for closed in here.page.locator("details.card:not([open]) > summary").all():
        closed.click()
    wrong += look(here, "signing in") + too_wide(here, "signing in")
    here.page.context.clear_cookies()
    for path in ("/accounts/login/", "/accounts/campus/signed-out/", REFUSED):
        here.open(path)
        wrong += look(here, path) + too_wide(here, path)
    here.faults.remove(FORBIDDEN)

    assert wrong == []
