"""Help says what the guide says, and what is so."""

from django.urls import reverse

from tests.architecture.conftest import Enter
from tests.cast import Cast


def test_it_tells_of_bulk_texting_and_the_email_fail_safe(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.maya)
    page = browser.get(reverse("help")).content.decode()
    assert "<dt>Bulk Texting</dt>" in page
    assert (
        f'<a href="{reverse("compose")}?to=caseload">All Students on My Caseload</a>'
        in page
    )
    assert (
        "All Students on My Caseload"
        in browser.get(f"{reverse('compose')}?to=caseload").content.decode()
    )
    assert "<dt>Email Fail-Safe</dt>" in page
    assert "Texts of yours that still waited go as an email." in page
