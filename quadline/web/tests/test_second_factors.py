"""Second factors at the door and under My profile, Security."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from quadline import clock
from quadline.accounts import codes, factors, new_browsers, session_store
from quadline.accounts.factors import ResetRefused, reset_factors
from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from quadline.emails import sign_in_letters
from quadline.web.security.forms import NO_PASSKEY
from tests.architecture.conftest import Enter
from tests.cast import PASSWORD, Cast
from tests.passkeys import SoftwarePasskey
from tests.totp import code_at

SIGN_IN, STEP = reverse("account_login"), reverse("mfa_authenticate")
HOME, APP = reverse("mfa_index"), reverse("mfa_activate_totp")
PASSKEYS, CODES = reverse("mfa_add_webauthn"), reverse("mfa_view_recovery_codes")
Pass = Callable[..., None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Pass:
    """``later(minutes=16)``: time goes by. It begins at the start of a code's time."""
    now = [datetime(2026, 12, 1, 12, tzinfo=UTC)]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    monkeypatch.setattr(session_store, "_noted", {})

    def pass_time(**more: float) -> None:
        now[0] += timedelta(**more)

    return pass_time


@pytest.fixture
def maya(people: Cast, quick_hashes: None) -> User:
    people.maya.set_password(PASSWORD)
    people.maya.save()
    return people.maya


@pytest.fixture
def browse(enter: Enter) -> Client:
    """A browser that nobody knows, at an address where passkeys work."""
    visitor = enter(None)
    visitor.defaults["HTTP_HOST"] = "localhost"
    return visitor


def password(browser: Client, user: User, go_on: str = "/help/") -> Any:
    typed = {"login": user.email, "password": PASSWORD, "next": go_on}
    return browser.post(SIGN_IN, typed)


def sign_in(browser: Client, user: User) -> None:
    assert password(browser, user).headers["Location"] == "/help/"


def secret_on(page: Any) -> str:
    found = re.search(r'id="app-key">(\w+)<', page.content.decode())
    assert found
    return found[1]


def add_app(browser: Client) -> str:
    secret = secret_on(browser.get(APP))
    answer = browser.post(APP, {"code": code_at(secret, clock.now())})
    assert answer.headers["Location"] == CODES
    return secret


def options_on(page: Any) -> Any:
    found = re.search(r'data-options="([^"]+)"', page.content.decode())
    assert found
    return json.loads(unescape(found[1]))["publicKey"]


def add_passkey(browser: Client) -> SoftwarePasskey:
    passkey = SoftwarePasskey()
    credential = passkey.create(options_on(browser.get(PASSKEYS)))
    answer = browser.post(PASSKEYS, {"name": "Phone", "credential": credential})
    assert answer.status_code == 302
    return passkey


def is_in(browser: Client) -> bool:
    return browser.get("/help/").status_code == 200


def written() -> list[str]:
    return list(AuditEntry.objects.values_list("action", flat=True).order_by("pk"))


def test_an_app_is_asked_for_after_the_password(
    browse: Client, enter: Enter, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    secret = add_app(browse)
    later(minutes=1)
    visitor = enter(None)
    assert password(visitor, maya).headers["Location"] == STEP
    assert not is_in(visitor), "the password alone opens nothing"
    assert visitor.post(STEP, {"code": "000000"}).status_code == 422
    typed = code_at(secret, clock.now())
    answer = visitor.post(STEP, {"code": f"{typed[:3]} {typed[3:]}"})
    assert answer.headers["Location"] == "/help/"
    assert is_in(visitor)


def test_a_code_is_good_once_however_long_it_is_good(
    browse: Client, enter: Enter, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    secret = add_app(browse)
    added_with = code_at(secret, clock.now())
    first, second = enter(None), enter(None)
    password(first, maya)
    assert first.post(STEP, {"code": added_with}).status_code == 422
    later(seconds=30)
    code = code_at(secret, clock.now())
    assert first.post(STEP, {"code": code}).status_code == 302
    later(seconds=31)  # longer than one step: it would still fit
    password(second, maya)
    assert second.post(STEP, {"code": code}).status_code == 422
    assert second.post(STEP, {"code": added_with}).status_code == 422


def test_wrong_codes_are_limited_and_the_owner_is_told(
    browse: Client,
    enter: Enter,
    maya: User,
    later: Pass,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sign_in(browse, maya)
    secret = add_app(browse)
    later(minutes=1)
    stranger = enter(None)
    password(stranger, maya)
    for _ in range(5):
        stranger.post(STEP, {"code": "000000"})
    right = {"code": code_at(secret, clock.now())}
    refused = stranger.post(STEP, right)
    assert refused.status_code == 422
    assert "too many wrong ones" in refused.content.decode()
    assert not is_in(stranger)
    codes.tell_of_codes.func(user_id=maya.pk, address="203.0.113.7")
    assert "who knows your password" in mail.outbox[-1].body
    assert "203.0.113.7" in mail.outbox[-1].body

    browse.post(reverse("account_logout"))
    password(browse, maya)
    assert browse.post(STEP, right).status_code == 302, "a known browser has its own"


def test_a_stolen_database_has_no_secret(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    secret = add_app(browse)
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept


def test_with_another_secret_key_no_code_fits_and_nothing_fails(
    browse: Client, enter: Enter, maya: User, later: Pass, settings: Settings
) -> None:
    sign_in(browse, maya)
    secret = add_app(browse)
    settings.SECRET_KEY = "another one, with as many characters as it needs"
    later(minutes=1)
    visitor = enter(None)
    password(visitor, maya)
    typed = {"code": code_at(secret, clock.now())}
    assert visitor.post(STEP, typed).status_code == 422


def codes_on(page: Any) -> list[str]:
    return re.findall(r"<code>(\d+)</code>", page.content.decode())


def test_recovery_codes_are_shown_once_and_each_signs_in_once(
    browse: Client, enter: Enter, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    add_app(browse)
    shown = codes_on(browse.get(CODES))
    assert len(shown) == 10
    assert codes_on(browse.get(CODES)) == []
    for _ in range(2):
        visitor = enter(None)
        password(visitor, maya)
        answer = visitor.post(STEP, {"code": shown[0]})
    assert answer.status_code == 422
    assert "9 left." in browse.get(HOME).content.decode()
    assert "recovery code used" in written()


def test_new_recovery_codes_end_the_old_ones(
    browse: Client, enter: Enter, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    add_app(browse)
    old = codes_on(browse.get(CODES))
    browse.post(reverse("mfa_generate_recovery_codes"))
    new = codes_on(browse.get(CODES))
    visitor = enter(None)
    password(visitor, maya)
    assert visitor.post(STEP, {"code": old[0]}).status_code == 422
    assert visitor.post(STEP, {"code": new[0]}).status_code == 302


def passkey_sign_in(browser: Client, passkey: SoftwarePasskey) -> Any:
    where = reverse("mfa_login_webauthn")
    asked = browser.get(where, headers={"Accept": "application/json"}).json()
    credential = passkey.get(asked["request_options"]["publicKey"])
    return browser.post(where, {"credential": credential, "next": "/help/"})


def test_a_passkey_signs_in_instead_of_a_password(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    passkey = add_passkey(browse)
    browse.post(reverse("account_logout"))
    assert not is_in(browse)
    assert passkey_sign_in(browse, passkey).headers["Location"] == "/help/"
    assert is_in(browse)


def test_a_passkey_of_a_deactivated_account_opens_nothing(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    passkey = add_passkey(browse)
    browse.post(reverse("account_logout"))
    User.objects.update(is_active=False)
    answer = passkey_sign_in(browse, passkey)
    assert answer.headers["Location"] == reverse("account_inactive")
    assert not is_in(browse)


@pytest.mark.parametrize(
    "odd",
    [
        {"origin": "https://localhost.elsewhere.example"},
        {"flags": 1},  # nobody's finger, face or PIN
    ],
    ids=["another site", "not verified"],
)
def test_a_passkey_of_another_site_or_without_its_owner_is_refused(
    browse: Client, maya: User, later: Pass, odd: dict[str, Any]
) -> None:
    sign_in(browse, maya)
    passkey = add_passkey(browse)
    browse.post(reverse("account_logout"))
    for name, value in odd.items():
        kind = type(getattr(passkey, name))
        setattr(passkey, name, kind(value))
    answer = passkey_sign_in(browse, passkey)
    assert answer.status_code == 422
    assert NO_PASSKEY in unescape(answer.content.decode())


def test_what_a_passkey_answered_is_good_once(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    passkey = add_passkey(browse)
    browse.post(reverse("account_logout"))
    where = reverse("mfa_login_webauthn")
    asked = browse.get(where, headers={"Accept": "application/json"}).json()
    said = {"credential": passkey.get(asked["request_options"]["publicKey"])}
    assert browse.post(where, said).status_code == 302
    browse.post(reverse("account_logout"))
    assert browse.post(where, said).status_code == 422


HOSTILE = [
    "",
    "no json",
    "null",
    "[]",
    '"a string"',
    "7",
    "{}",
    '{"response": {"userHandle": "////"}}',
    '{"id": 1, "rawId": [], "type": {}, "response": "x"}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"userHandle":"MQ"}}',
    "[" * 5000,
    '{"id":"' + "A" * 30_000 + '"}',
    '{"id":"\\u0000","rawId":"AA","type":"public-key","response":'
    '{"clientDataJSON":"e30","attestationObject":"oA"}}',
]


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_a_made_up_credential_is_refused_and_breaks_nothing(
    browse: Client, maya: User, later: Pass, said: str
) -> None:
    where = reverse("mfa_login_webauthn")
    browse.get(where, headers={"Accept": "application/json"})
    assert browse.post(where, {"credential": said}).status_code == 422
    sign_in(browse, maya)
    browse.get(PASSKEYS)
    answer = browse.post(PASSKEYS, {"name": "Phone", "credential": said})
    assert answer.status_code == 422
    assert not Authenticator.objects.exists()


def test_passkeys_are_asked_for_a_hundred_times_in_five_minutes_at_most(
    browse: Client,
) -> None:
    where = reverse("mfa_login_webauthn")
    answers = [
        browse.get(where, headers={"Accept": "application/json"}).status_code
        for _ in range(101)
    ]
    assert answers == [200] * 100 + [429]


def test_a_passkey_is_renamed_and_removed(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    add_passkey(browse)
    mine = Authenticator.objects.get(type=factors.WEBAUTHN)
    renamed = {"name": "<b>Key</b> on my ring"}
    browse.post(reverse("mfa_edit_webauthn", args=[mine.pk]), renamed)
    assert "&lt;b&gt;Key&lt;/b&gt; on my ring" in browse.get(HOME).content.decode()
    browse.post(reverse("mfa_remove_webauthn", args=[mine.pk]))
    assert not Authenticator.objects.exists(), "nor recovery codes of no factor"
    assert written()[-2:] == ["passkey added", "passkey removed"]


@pytest.fixture
def ada(people: Cast, quick_hashes: None, settings: Settings) -> User:
    """An administrator where administrators must have a second factor."""
    required = {"second_factor_roles": "administrator"}
    settings.ENV = settings.ENV.model_copy(update=required)
    people.ada.set_password(PASSWORD)
    people.ada.save()
    return people.ada


def test_who_must_have_a_factor_sets_one_up_before_anything_else(
    browse: Client, ada: User, later: Pass
) -> None:
    password(browse, ada, go_on="/reports/")
    for where in ("/reports/", "/inbox/", reverse("profile-tokens"), CODES):
        assert browse.get(where).headers["Location"] == HOME
    fragment = browse.get("/shell/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (204, HOME)
    assert "Set up a second factor" in browse.get(HOME).content.decode()
    browse.get("/reports/")
    add_app(browse)
    assert 'href="/reports/"' in browse.get(CODES).content.decode()
    assert browse.get("/reports/").status_code == 200


def test_before_its_day_a_requirement_is_said_and_nothing_is_closed(
    browse: Client, ada: User, later: Pass, settings: Settings
) -> None:
    soon = {"second_factor_from": "2026-12-24"}
    settings.ENV = settings.ENV.model_copy(update=soon)
    password(browse, ada)
    assert is_in(browse)
    assert "December 24, 2026" in browse.get(HOME).content.decode()
    later(days=24)
    password(browse, ada)
    assert not is_in(browse)


def test_the_last_factor_that_a_role_requires_stays(
    browse: Client, ada: User, later: Pass
) -> None:
    password(browse, ada)
    add_app(browse)
    answer = browse.post(reverse("mfa_deactivate_totp"))
    assert answer.status_code == 422
    assert "your only one" in answer.content.decode()
    add_passkey(browse)
    assert browse.post(reverse("mfa_deactivate_totp")).status_code == 302
    last = Authenticator.objects.get(type=factors.WEBAUTHN)
    browse.post(reverse("mfa_remove_webauthn", args=[last.pk]))
    assert Authenticator.objects.filter(pk=last.pk).exists()


def test_an_administrator_resets_what_somebody_lost(
    browse: Client, enter: Enter, maya: User, people: Cast, later: Pass
) -> None:
    sign_in(browse, maya)
    add_app(browse)
    enter(people.ada).post(reverse("manage_factors_reset", args=[maya.pk]))
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor) == ("second factors reset", people.ada)
    assert entry.detail == {"were": ["recovery_codes", "totp"], "sessions_ended": 1}
    factors.tell_of_change.func(maya.pk, "second factors reset", "2026-12-01T12:00Z")
    assert mail.outbox[-1].to == [maya.email]
    assert "removed by your Quadline administrator" in mail.outbox[-1].body
    sign_in(enter(None), maya)


def test_nobody_else_resets_and_nobody_their_own(people: Cast) -> None:
    for actor in (people.maya, people.lena, people.iris):
        with pytest.raises(ResetRefused):
            reset_factors(people.omar, actor=actor)
    with pytest.raises(ResetRefused):
        reset_factors(people.ada, actor=people.ada)


def test_a_command_lets_the_last_administrator_in(
    browse: Client, ada: User, later: Pass, capsys: pytest.CaptureFixture[str]
) -> None:
    password(browse, ada)
    add_app(browse)
    call_command("reset_factors", "Ada@alder.example")
    assert "Ada Whitfield signs in with the password alone" in capsys.readouterr().out
    assert not factors.has_factor(ada)
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_factors", "nobody@alder.example")


CSV = reverse("report-opt-outs-csv")
TOKENS = reverse("profile-tokens")
CONFIRM = reverse("account_reauthenticate")


def test_a_token_asks_to_confirm_and_then_goes_on_with_what_was_typed(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    later(minutes=16)
    asked = browse.post(TOKENS, {"name": "Nightly roster"})
    assert asked.headers["Location"] == f"{CONFIRM}?next=%2Fme%2Ftokens%2F"
    assert not maya.api_tokens.exists()
    where = asked.headers["Location"]
    assert browse.post(where, {"password": "not this one"}).status_code == 422
    assert not maya.api_tokens.exists()
    made = browse.post(where, {"password": PASSWORD, "next": TOKENS})
    assert maya.api_tokens.get().name == "Nightly roster"
    assert "ql_" in made.content.decode()
    assert browse.post(TOKENS, {"name": "Another"}).status_code == 200


def test_an_export_asks_to_confirm_and_then_begins(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    assert browse.get(CSV).status_code == 200, "right after signing in"
    later(minutes=16)
    asked = browse.get(f"{CSV}?q=1")
    confirmed = browse.post(
        asked.headers["Location"], {"password": PASSWORD, "next": f"{CSV}?q=1"}
    )
    assert f'content="0;url={CSV}?q=1"' in confirmed.content.decode()
    assert browse.get(CSV).status_code == 200


def test_a_code_or_a_passkey_confirms_as_well(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    secret, passkey = add_app(browse), add_passkey(browse)
    later(minutes=16)
    by_passkey = browse.get(CSV).headers["Location"]
    assert by_passkey.startswith(reverse("mfa_reauthenticate_webauthn"))
    said = {"credential": passkey.get(options_on(browse.get(by_passkey)))}
    assert browse.post(by_passkey, said).status_code == 200
    assert browse.get(CSV).status_code == 200
    later(minutes=16)
    code = {"code": code_at(secret, clock.now())}
    assert browse.post(reverse("mfa_reauthenticate"), code).status_code == 302
    assert browse.get(CSV).status_code == 200


def test_no_typed_password_is_kept(browse: Client, maya: User, later: Pass) -> None:
    sign_in(browse, maya)
    later(minutes=16)
    typed = {"oldpassword": PASSWORD, "password1": "quite new words"}
    asked = browse.post(reverse("profile-password"), typed)
    assert asked.headers["Location"].startswith(CONFIRM)
    assert "quite new words" not in json.dumps(dict(browse.session))


def test_a_kept_form_is_not_sent_by_another_confirmation(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    later(minutes=16)
    browse.post(TOKENS, {"name": "Nightly roster"})
    browse.post(CONFIRM, {"password": PASSWORD, "next": "/help/"})
    browse.post(CONFIRM, {"password": PASSWORD, "next": TOKENS})
    assert not maya.api_tokens.exists()


def test_nobody_is_sent_to_another_site(
    browse: Client, maya: User, later: Pass
) -> None:
    sign_in(browse, maya)
    elsewhere = {"password": PASSWORD, "next": "https://elsewhere.example/"}
    assert browse.post(CONFIRM, elsewhere).headers["Location"] == HOME


def test_without_any_way_to_confirm_one_signs_in_again(
    enter: Enter, people: Cast, later: Pass
) -> None:
    """As whoever signs in at the campus and has no password here."""
    maya = enter(people.maya)
    maya.get("/help/")
    later(minutes=16)
    assert maya.get(CSV).headers["Location"] == f"{SIGN_IN}?next={CSV}"


def test_a_sign_in_from_a_new_browser_is_told_once(
    browse: Client, enter: Enter, maya: User, mocked_letters: list[dict[str, Any]]
) -> None:
    sign_in(browse, maya)
    browse.post(reverse("account_logout"))
    sign_in(browse, maya)
    assert len(mocked_letters) == 1
    sign_in(enter(None), maya)
    assert len(mocked_letters) == 2
    assert written().count("signed in from a new browser") == 2
    assert mocked_letters[0]["to"] == maya.email
    assert mocked_letters[0]["address"] == "127.0.0.1"


@pytest.fixture
def mocked_letters(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Jobs run where they are asked for, and letters are kept."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(
        new_browsers, "enqueue", lambda job, **arguments: job.func(**arguments)
    )
    monkeypatch.setattr(
        sign_in_letters, "new_browser", lambda **said: sent.append(said)
    )
    return sent


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_no_other_verb_removes_the_last_factor(
    browse: Client, ada: User, later: Pass, method: str
) -> None:
    """Django's own view of a removal takes DELETE, past what its form asks."""
    password(browse, ada)
    add_passkey(browse)
    mine = Authenticator.objects.get(type=factors.WEBAUTHN)
    where = reverse("mfa_remove_webauthn", args=[mine.pk])
    assert browse.generic(method, where).status_code == 405
    assert Authenticator.objects.filter(pk=mine.pk).exists()
