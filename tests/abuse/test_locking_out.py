"""Signing in cannot be turned against the college: strangers guess
as they like, and staff still get in.
"""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.sessions.models import Session
from django.core import mail, signing
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from quadline.accounts import browsers, rules, throttles
from quadline.accounts.models import Throttle, User
from quadline.accounts.passwords import send_link
from quadline.audit.models import AuditEntry
from quadline.delivery.tests.acts import jobs
from tests.architecture.conftest import Enter
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("quick_hashes")

LOGIN, RESET = "/accounts/login/", "/accounts/password/reset/"
PROXY, OUTSIDER, OFFICE = "10.0.0.1", "198.51.100.66", "203.0.113.7"
GUESSES = 5


@pytest.fixture
def behind_a_proxy(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": "10.0.0.0/24"})


@pytest.fixture
def staff(people: Cast, enter: Enter) -> list[User]:
    everybody = [
        people.maya,
        people.theo,
        people.lena,
        people.omar,
        people.ada,
        people.iris,
    ]
    for user in everybody:
        user.set_password(PASSWORD)
        user.save()
    return everybody


def sign_in(
    client: Client,
    email: str,
    password: str = PASSWORD,
    *,
    ip: str = OFFICE,
    forwarded_for: str = "",
) -> Any:
    sign_out(client)
    headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else {}
    return client.post(
        LOGIN, {"login": email, "password": password}, headers=headers, REMOTE_ADDR=ip
    )


def sign_out(client: Client) -> None:
    """What else the browser keeps, stays."""
    client.cookies.pop(settings.SESSION_COOKIE_NAME, None)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def lock(email: str, *, tries: int = GUESSES + 1) -> None:
    for guess in range(tries):
        sign_in(Client(), email, f"wrong {guess}", ip=f"198.51.100.{guess % 200}")


@pytest.mark.usefixtures("behind_a_proxy")
def test_behind_a_proxy_an_outsiders_guesses_refuse_nobody_else(
    enter: Enter, staff: list[User]
) -> None:
    for guess in range(15):
        sign_in(
            Client(),
            f"nobody{guess}@alder.example",
            "wrong",
            ip=PROXY,
            forwarded_for=OUTSIDER,
        )
    outsider = enter(None)
    sign_in(outsider, staff[0].email, ip=PROXY, forwarded_for=OUTSIDER)
    assert not is_in(outsider), "the outsider's own address is slowed down"

    for place, user in enumerate(staff[:4]):
        browser = enter(None)
        sign_in(browser, user.email, ip=PROXY, forwarded_for=f"203.0.113.{place}")
        assert is_in(browser), user.email


@pytest.mark.usefixtures("behind_a_proxy")
def test_what_an_outsider_writes_into_the_header_is_no_way_to_more_guesses(
    enter: Enter, staff: list[User]
) -> None:
    for guess in range(15):
        forged = f"192.0.2.{guess}, 10.0.0.{guess}, {OUTSIDER}"
        sign_in(
            Client(),
            f"nobody{guess}@alder.example",
            "wrong",
            ip=PROXY,
            forwarded_for=forged,
        )
    late = enter(None)
    sign_in(late, staff[0].email, ip=PROXY, forwarded_for=f"192.0.2.99, {OUTSIDER}")

    assert not is_in(late)


def test_without_a_trusted_proxy_the_header_counts_for_nothing(
    enter: Enter, staff: list[User]
) -> None:
    for guess in range(15):
        sign_in(
            Client(),
            f"nobody{guess}@alder.example",
            "wrong",
            ip=OUTSIDER,
            forwarded_for=f"192.0.2.{guess}",
        )
    late = enter(None)
    sign_in(late, staff[0].email, ip=OUTSIDER, forwarded_for="192.0.2.99")

    assert not is_in(late)


def test_every_address_of_one_ipv6_customer_is_one(
    enter: Enter, staff: list[User]
) -> None:
    for guess in range(15):
        sign_in(
            Client(),
            f"nobody{guess}@alder.example",
            "wrong",
            ip=f"2001:db8:1:2::{guess:x}",
        )
    same, other = enter(None), enter(None)
    sign_in(same, staff[0].email, ip="2001:db8:1:2:ffff::1")
    sign_in(other, staff[0].email, ip="2001:db8:1:3::1")

    assert (is_in(same), is_in(other)) == (False, True)


def test_however_many_right_passwords_come_from_one_address_all_are_let_in(
    enter: Enter, staff: list[User]
) -> None:
    for turn in range(36):
        browser = enter(None)
        sign_in(browser, staff[turn % len(staff)].email)
        assert is_in(browser), f"sign-in {turn + 1}"


def test_a_browser_they_have_used_lets_them_in_while_strangers_guess(
    enter: Enter, staff: list[User]
) -> None:
    maya, hers, new = staff[0], enter(None), enter(None)
    sign_in(hers, maya.email)
    for _ in range(3):
        lock(maya.email)
        sign_in(hers, maya.email)
        assert is_in(hers)
    sign_in(new, maya.email)
    assert not is_in(new), "a browser that nobody knows waits"


def test_a_browser_they_have_used_works_at_an_address_that_is_used_up(
    enter: Enter, staff: list[User]
) -> None:
    hers = enter(None)
    sign_in(hers, staff[0].email)
    for guess in range(15):
        sign_in(Client(), f"nobody{guess}@alder.example", "wrong")
    sign_in(hers, staff[0].email)

    assert is_in(hers)


def test_a_browser_they_have_used_has_no_more_guesses_than_others(
    enter: Enter, staff: list[User]
) -> None:
    hers, elsewhere = enter(None), enter(None)
    sign_in(hers, staff[0].email)
    for guess in range(GUESSES):
        sign_in(hers, staff[0].email, f"wrong {guess}")
    sign_in(hers, staff[0].email)
    sign_in(elsewhere, staff[0].email)

    assert (is_in(hers), is_in(elsewhere)) == (False, True)


def test_a_known_browser_is_known_for_its_own_accounts_only(
    enter: Enter, staff: list[User]
) -> None:
    maya, theo, omar = staff[0], staff[1], staff[3]
    desk = enter(None)
    for user in (maya, theo):
        sign_in(desk, user.email)
    for user in (maya, theo, omar):
        lock(user.email)
    entered = []
    for user in (maya, theo, omar):
        sign_in(desk, user.email)
        entered.append(is_in(desk))

    assert entered == [True, True, False]


def test_the_cookie_of_a_browser_is_kept_from_scripts_and_outlives_signing_out(
    enter: Enter, staff: list[User]
) -> None:
    hers = enter(None)
    cookie = sign_in(hers, staff[0].email).cookies["__Host-browser"]

    assert (
        cookie["httponly"],
        cookie["secure"],
        cookie["samesite"],
        cookie["path"],
    ) == (True, True, "Lax", "/")
    assert not cookie["domain"]
    assert int(cookie["max-age"]) > 30 * 24 * 3600
    hers.post("/accounts/logout/")
    assert not is_in(hers)
    assert hers.cookies["__Host-browser"].value == cookie.value


@pytest.mark.parametrize("forged", ["", "x", "W10:1:x", "[]", "a" * 4_000, "é"])
def test_a_cookie_somebody_made_up_is_no_known_browser(
    enter: Enter, staff: list[User], forged: str
) -> None:
    lock(staff[0].email)
    browser = enter(None)
    browser.cookies["__Host-browser"] = forged
    sign_in(browser, staff[0].email)

    assert not is_in(browser)


def test_a_cookie_signed_for_something_else_is_no_known_browser(
    enter: Enter, staff: list[User]
) -> None:
    lock(staff[0].email)
    browser = enter(None)
    mark = browsers._mark_of(staff[0])
    browser.cookies["__Host-browser"] = signing.dumps(
        [[staff[0].pk, "mine", mark]], salt="something else"
    )
    sign_in(browser, staff[0].email)

    assert not is_in(browser)


def test_a_changed_password_ends_the_known_browsers_but_the_one_it_was_changed_with(
    enter: Enter, staff: list[User]
) -> None:
    maya, hers, old, new = staff[0], enter(None), enter(None), "a quite different one"
    sign_in(hers, maya.email)
    sign_in(old, maya.email)
    hers.post(
        "/me/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    lock(maya.email)
    for browser in (hers, old):
        sign_in(browser, maya.email, new)

    assert (is_in(hers), is_in(old)) == (True, False)


def test_the_link_in_an_email_opens_a_locked_account_at_once(
    enter: Enter, staff: list[User]
) -> None:
    maya, new = staff[0], "a quite different one"
    lock(maya.email)
    browser = enter(None)
    browser.post(RESET, {"email": maya.email})
    send_link(**jobs(send_link)[-1])
    found = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert found
    form = browser.get(found.group(), follow=True)
    browser.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    lock(maya.email)
    sign_in(browser, maya.email, new)

    assert is_in(browser)


def test_a_thousand_cheap_requests_push_no_count_out(
    enter: Enter, staff: list[User]
) -> None:
    lock(staff[0].email)
    for number in range(1_000):
        throttles.count_try(
            throttles.ThrottleBucket(rules.ADDRESS_LIMIT, f"2001:db8:{number:x}::/64")
        )
    for number in range(180):
        Client().post(
            RESET,
            {"email": f"nobody{number}@alder.example"},
            REMOTE_ADDR=f"192.0.2.{number}",
        )
    for number in range(20):
        sign_in(
            Client(), f"nobody{number}@alder.example", "wrong", ip=f"192.0.2.{number}"
        )
    late = enter(None)
    sign_in(late, staff[0].email)

    assert not is_in(late)


def test_nothing_at_the_door_is_counted_in_the_cache(
    enter: Enter, staff: list[User]
) -> None:
    with CaptureQueriesContext(connection) as asked:
        lock(staff[0].email)
        enter(None).post(RESET, {"email": staff[0].email})
    statements = [query["sql"] for query in asked]

    assert any("accounts_throttle" in sql for sql in statements)
    assert not [sql for sql in statements if '"cache"' in sql]


def test_counts_that_have_ended_are_dropped_each_night_and_others_are_not(
    staff: list[User],
) -> None:
    lock(staff[0].email)
    Throttle.objects.filter(kind="address").update(ends_at="2026-01-01T00:00:00Z")
    throttles.drop_ended_throttles(timestamp=0)

    assert {row.kind for row in Throttle.objects.all()} == {
        "account",
        "account-day",
        "letter",
    }


def test_made_up_accounts_fill_a_bounded_number_of_rows_and_none_is_kept_in_the_clear(
    staff: list[User],
) -> None:
    for number in range(50):
        sign_in(
            Client(),
            f"stranger-{number}@elsewhere.example",
            "wrong",
            ip=f"192.0.2.{number}",
        )
    slots = Throttle.objects.filter(kind="account")

    assert len(slots) == 50
    assert all(
        re.fullmatch(r"slot:\d{1,7}", row.name)
        and int(row.name[5:]) < throttles.MAX_VISITOR_ROWS
        for row in slots
    )


def test_a_hundred_guesses_a_day_are_the_most_for_strangers(
    enter: Enter, staff: list[User]
) -> None:
    pk = str(staff[0].pk)
    sign_in(Client(), staff[0].email, "wrong")
    Throttle.objects.filter(kind="account-day", name=pk).update(count=100)
    browser = enter(None)
    answer = sign_in(browser, staff[0].email)

    assert not is_in(browser)
    assert "Try again in 24 hours" in answer.content.decode()


def test_after_the_time_is_over_guesses_are_counted_from_the_start(
    enter: Enter, staff: list[User]
) -> None:
    lock(staff[0].email)
    Throttle.objects.filter(kind="account").update(ends_at="2026-01-01T00:00:00Z")
    browser = enter(None)
    sign_in(browser, staff[0].email)

    assert is_in(browser)


def test_a_lock_is_in_the_audit_trail_once_an_hour_and_says_from_where(
    staff: list[User],
) -> None:
    from quadline.accounts.guessing import tell_administrators

    lock(staff[0].email, tries=GUESSES + 10)
    for each in jobs(tell_administrators):
        tell_administrators(**each)
    [entry] = AuditEntry.objects.filter(action="sign-in refused")

    assert entry.subject_id == str(staff[0].pk)
    assert entry.detail == {
        "why": "too many wrong passwords",
        "address": "198.51.100.5",
    }


def test_a_known_browser_that_was_locked_is_let_in_by_unlock(
    enter: Enter, staff: list[User]
) -> None:
    hers = enter(None)
    sign_in(hers, staff[0].email)
    for guess in range(GUESSES + 1):
        sign_in(hers, staff[0].email, f"wrong {guess}")
    call_command("unlock", staff[0].email, verbosity=0)
    sign_in(hers, staff[0].email)

    assert is_in(hers)


def test_a_session_that_was_there_before_is_another_one_after_signing_in(
    enter: Enter, staff: list[User]
) -> None:
    """One who gave somebody a session does not share what they sign in to."""
    victim = enter(None)
    session = victim.session
    session["given"] = True
    session.save()
    given = str(session.session_key)
    victim.cookies[settings.SESSION_COOKIE_NAME] = given
    victim.post(LOGIN, {"login": staff[0].email, "password": PASSWORD})

    assert is_in(victim)
    assert victim.session.session_key != given
    assert not Session.objects.filter(session_key=given).exists()


def test_an_older_hash_opens_and_is_replaced(enter: Enter, staff: list[User]) -> None:
    old = "argon2$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHRzYWx0$"
    maya = staff[0]
    from argon2 import PasswordHasher

    maya.password = "argon2" + PasswordHasher(
        time_cost=1, memory_cost=1024, parallelism=1
    ).hash(PASSWORD)
    maya.save()
    assert maya.password.startswith(old.partition("$c2")[0])
    browser = enter(None)
    sign_in(browser, maya.email)
    maya.refresh_from_db()

    assert is_in(browser)
    assert (
        identify_hasher(maya.password).decode(maya.password)["memory_cost"]
        == get_hasher().memory_cost  # type: ignore[attr-defined]
    )
    sign_in(browser, maya.email)
    assert is_in(browser)


STATEMENT = re.compile(
    r"^(SELECT|INSERT INTO|UPDATE|DELETE"
    r' FROM|WITH)\b.*?"?(accounts_\w+|procrastinate_\w+|django_\w+)',
    re.DOTALL,
)


def test_a_request_for_a_link_is_the_same_work_for_everybody(
    enter: Enter, staff: list[User]
) -> None:
    User.objects.filter(pk=staff[1].pk).update(is_active=False)
    done = []
    for email in (staff[0].email, staff[1].email, "nobody@alder.example"):
        with CaptureQueriesContext(connection) as asked:
            answer = Client().post(RESET, {"email": email}, REMOTE_ADDR="192.0.2.1")
        assert (answer.status_code, answer["Location"]) == (
            302,
            "/accounts/password/reset/done/",
        )
        done.append(
            [
                (
                    found[0][:60]
                    if (found := STATEMENT.search(query["sql"]))
                    else query["sql"][:30]
                )
                for query in asked
            ]
        )

    assert done[0] == done[1] == done[2]
    assert len(jobs(send_link)) == 3


def test_no_job_holds_a_link_or_what_a_visitor_typed(
    enter: Enter, staff: list[User]
) -> None:
    for email in (staff[0].email, "secret-words@elsewhere.example"):
        Client().post(RESET, {"email": email})
        lock(email)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs")
        kept = " ".join(row[0] for row in cursor.fetchall())

    assert '"user_id"' in kept
    assert "reset/key" not in kept
    assert "@" not in kept


def test_one_mailbox_gets_three_links_an_hour_and_strangers_use_up_none_of_a_known_browsers(
    enter: Enter, staff: list[User]
) -> None:
    hers = enter(None)
    sign_in(hers, staff[0].email)
    for number in range(10):
        answer = Client().post(
            RESET, {"email": staff[0].email}, REMOTE_ADDR=f"192.0.2.{number}"
        )
        assert answer.status_code == 302
    assert len([job for job in jobs(send_link) if job["user_id"]]) == 3
    assert len(jobs(send_link)) == 10, "the same work for each"
    sign_out(hers)
    hers.post(RESET, {"email": staff[0].email})
    assert jobs(send_link)[-1] == {"user_id": staff[0].pk}


def test_one_address_asks_for_so_many_links_and_is_told_so(
    enter: Enter, staff: list[User]
) -> None:
    most = rules.LINK_ADDRESS.most
    answers = [
        Client().post(
            RESET, {"email": f"a{number}@alder.example"}, REMOTE_ADDR=OUTSIDER
        )
        for number in range(most + 1)
    ]

    assert {answer.status_code for answer in answers[:-1]} == {302}
    assert answers[-1].status_code == 429
    assert (
        "No email was sent: too many were asked for from your network."
        in answers[-1].content.decode()
    )


def test_no_link_goes_to_an_account_that_was_switched_off_meanwhile(
    enter: Enter, staff: list[User]
) -> None:
    Client().post(RESET, {"email": staff[0].email})
    User.objects.filter(pk=staff[0].pk).update(is_active=False)
    send_link(**jobs(send_link)[0])

    assert mail.outbox == []
