"""My profile, Password: what it asks, what ends with it, and who is told."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from quadline.accounts.models import ApiToken, User
from quadline.accounts.passwords import send_link, tell_owner
from quadline.accounts.tokens import make_token, user_of
from quadline.audit.models import AuditEntry
from quadline.delivery.tests.acts import jobs
from tests.architecture.conftest import BACKEND, Enter
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("quick_hashes")

PAGE, NEW = "/me/password/", "a quite different one"
GOOD = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}


@pytest.fixture
def maya(people: Cast) -> User:
    people.maya.set_password(PASSWORD)
    people.maya.save()
    return people.maya


@pytest.fixture
def browser(enter: Enter, maya: User) -> Client:
    return enter(maya)


def opens(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def test_the_new_password_opens_and_the_old_one_does_not(
    browser: Client, maya: User
) -> None:
    done = browser.post(PAGE, GOOD, follow=True)
    maya.refresh_from_db()

    assert (
        "Your password is changed. You are signed out on every other device."
        in done.content.decode()
    )
    assert maya.check_password(NEW)
    assert not maya.check_password(PASSWORD)


def test_this_session_goes_on_and_every_other_ends(
    browser: Client, enter: Enter, maya: User
) -> None:
    other = enter(maya)
    assert opens(other)
    before = browser.session.session_key
    browser.post(PAGE, GOOD)

    assert (opens(browser), opens(other)) == (True, False)
    assert browser.session.session_key != before


def test_the_page_says_before_which_tokens_end_and_then_they_do(
    browser: Client, maya: User, people: Cast
) -> None:
    now = timezone.now()
    _, words = make_token(user=maya, name="Nightly roster", actor=maya, now=now)
    _, of_theo = make_token(
        user=people.theo, name="His own", actor=people.theo, now=now
    )
    assert (
        "Your API token ends too: Nightly roster. Programs that use it stop working"
        in browser.get(PAGE).content.decode()
    )
    done = browser.post(PAGE, GOOD, follow=True)

    assert "Your API tokens no longer work." in done.content.decode()
    assert user_of(words, now=now) is None
    assert user_of(of_theo, now=now) == people.theo
    assert (
        AuditEntry.objects.filter(action="API token revoked", actor=maya).count() == 1
    )


def test_the_owner_is_told_and_it_is_in_the_audit_trail(
    browser: Client, maya: User
) -> None:
    browser.post(PAGE, GOOD)
    [told] = jobs(tell_owner)
    tell_owner(**told)
    [letter] = mail.outbox
    [entry] = AuditEntry.objects.filter(action="password changed")

    assert letter.to == [maya.email]
    assert letter.subject == "Your Quadline password was changed"
    assert (
        "If this was not you, reset your password now at"
        " https://texting.alder.example/accounts/password/reset/" in letter.body
    )
    assert (entry.actor, entry.subject_id, entry.detail) == (
        maya,
        str(maya.pk),
        {"how": "by its owner", "tokens_ended": 0},
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"oldpassword": "wrong"},
            "This isn&#x27;t your current password. Nothing was changed.",
        ),
        ({"oldpassword": ""}, "This field is required."),
        (
            {"password2": "another one entirely"},
            "You must type the same password each time.",
        ),
        ({"password1": "short", "password2": "short"}, "at least 10 characters"),
        (
            {"password1": "AlderCollege1!", "password2": "AlderCollege1!"},
            "mostly your name, or words of the college",
        ),
        ({"password1": "password1234", "password2": "password1234"}, "easy to guess"),
    ],
)
def test_what_is_not_right_is_said_and_nothing_changes(
    browser: Client, maya: User, changed: dict[str, str], said: str
) -> None:
    answer = browser.post(PAGE, GOOD | changed)
    maya.refresh_from_db()

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert maya.check_password(PASSWORD)
    assert jobs(tell_owner) == []
    assert not AuditEntry.objects.filter(action="password changed").exists()


def test_the_rules_are_said_in_advance(browser: Client) -> None:
    page = browser.get(PAGE).content.decode()

    assert "at least 10 characters" in page
    assert "A few unrelated words" in page


def test_who_sits_at_an_open_screen_cannot_try_passwords_there(
    browser: Client, maya: User
) -> None:
    for guess in range(5):
        browser.post(PAGE, GOOD | {"oldpassword": f"wrong {guess}"})
    answer = browser.post(PAGE, GOOD)
    maya.refresh_from_db()

    assert (
        "Nothing was changed: there were too many wrong passwords. Try again in 5"
        " minutes." in answer.content.decode()
    )
    assert maya.check_password(PASSWORD)


def test_a_link_ends_sessions_and_tokens_too_and_the_owner_is_told(
    browser: Client, enter: Enter, maya: User
) -> None:
    _, words = make_token(
        user=maya, name="Nightly roster", actor=maya, now=timezone.now()
    )
    visitor = enter(None)
    visitor.post("/accounts/password/reset/", {"email": maya.email})
    send_link(**jobs(send_link)[0])
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    assert link
    form = visitor.get(link.group(), follow=True)
    assert (
        "This signs you out everywhere and ends your API tokens"
        in form.content.decode()
    )
    visitor.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    tell_owner(**jobs(tell_owner)[0])

    assert not opens(browser)
    assert user_of(words, now=timezone.now()) is None
    assert [letter.subject for letter in mail.outbox] == [
        "Reset your Quadline password",
        "Your Quadline password was changed",
    ]
    assert "1 API token of yours stopped working." in mail.outbox[1].body
    assert (
        AuditEntry.objects.get(action="password changed").detail["how"]
        == "by a link sent by email"
    )


def test_an_easy_password_is_refused_by_the_link_too(enter: Enter, maya: User) -> None:
    visitor = enter(None)
    visitor.post("/accounts/password/reset/", {"email": maya.email})
    send_link(**jobs(send_link)[0])
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    assert link
    form = visitor.get(link.group(), follow=True)
    answer = visitor.post(
        form.redirect_chain[-1][0],
        {"password1": "MayaAlvarez1!", "password2": "MayaAlvarez1!"},
    )
    maya.refresh_from_db()

    assert "mostly your name" in answer.content.decode()
    assert maya.check_password(PASSWORD)


def test_a_link_sent_before_a_change_opens_nothing_after_it(
    browser: Client, enter: Enter, maya: User
) -> None:
    visitor = enter(None)
    visitor.post("/accounts/password/reset/", {"email": maya.email})
    send_link(**jobs(send_link)[0])
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    assert link
    browser.post(PAGE, GOOD)

    assert (
        "This link no longer works"
        in visitor.get(link.group(), follow=True).content.decode()
    )


@pytest.mark.parametrize("how", ["saved", "updated"])
def test_tokens_of_an_account_that_is_switched_off_do_not_come_back_with_it(
    maya: User, people: Cast, how: str
) -> None:
    now = timezone.now()
    _, words = make_token(user=maya, name="Nightly roster", actor=maya, now=now)
    _, of_theo = make_token(
        user=people.theo, name="His own", actor=people.theo, now=now
    )
    for is_active in (False, True):
        if how == "saved":
            maya.is_active = is_active
            maya.save()
        else:
            User.objects.filter(pk=maya.pk).update(is_active=is_active)

    assert user_of(words, now=now) is None
    assert ApiToken.objects.get(user=maya).revoked_at is not None
    assert user_of(of_theo, now=now) == people.theo


def test_a_visitor_is_sent_to_sign_in(enter: Enter, maya: User) -> None:
    visitor = enter(None)
    answer = visitor.post(PAGE, GOOD)
    maya.refresh_from_db()

    assert answer.status_code == 302
    assert maya.check_password(PASSWORD)
    visitor.force_login(maya, backend=BACKEND)
    assert opens(visitor)
