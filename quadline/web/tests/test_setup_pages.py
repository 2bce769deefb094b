"""Manage, Setup: lines from facts, a tab until all are done, a bar while texts reach no
phone, sample students that come and go.
"""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from quadline import jobs
from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from quadline.delivery.rosters.running import apply_run
from quadline.delivery.rosters.undoing import undo_run
from quadline.roster.models import CaseloadEntry, RosterRun, Student
from quadline.setup import checklist
from quadline.setup.models import LiveCheck, SampleData, SetupLink
from quadline.setup.registration_words import registration_words
from quadline.setup.rules import (
    CHECK_STARTS_WITHIN,
    TRAINING_ACCOUNT,
    LineState,
    SetupLine,
)
from quadline.setup.sample_data import apply_sample
from tests.architecture.conftest import Enter
from tests.architecture.source import text
from tests.cast import Cast, staff

BAR = "texts reach no phone.</span></aside>"


def page_of(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return " ".join(answer.content.decode().split())


@pytest.fixture
def training(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # A job first closes its connections, which would end a test's transaction.
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)
    account = {"twilio_account_sid": TRAINING_ACCOUNT}
    settings.ENV = settings.ENV.model_copy(update=account)


def set_up_by(user: User) -> None:
    now = timezone.now()
    SetupLink.objects.create(
        digest="0" * 64, made_at=now, expires_at=now, used_at=now, used_by=user
    )


def test_a_college_of_an_earlier_release_sees_no_setup(
    enter: Enter, people: Cast
) -> None:
    assert ">Setup</a>" not in page_of(enter(people.ada), "/manage/numbers/")


def test_the_tab_stays_until_every_line_is_done(
    enter: Enter, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up_by(people.ada)
    browser = enter(people.ada)
    assert ">Setup</a>" in page_of(browser, "/manage/numbers/")
    done = [SetupLine("college", "College", LineState.OK, "Alder College")]
    monkeypatch.setattr(checklist, "checklist", lambda: done)
    assert ">Setup</a>" not in page_of(browser, "/manage/numbers/")
    assert browser.get("/manage/setup/").status_code == 200


@pytest.mark.parametrize("path", ["/inbox/", "/manage/setup/", "/me/", "/help/"])
def test_training_is_said_on_every_page(
    enter: Enter, people: Cast, training: None, path: str
) -> None:
    assert BAR in page_of(enter(people.ada), path)


def test_training_is_said_before_signing_in(enter: Enter, training: None) -> None:
    staff("ada@alder.example", "Ada")
    assert BAR in page_of(enter(None), "/accounts/login/")


def test_with_any_other_account_nothing_is_called_training(
    enter: Enter, people: Cast
) -> None:
    assert BAR not in page_of(enter(people.ada), "/inbox/")


def test_the_training_account_is_the_one_that_the_simulator_takes() -> None:
    for place in ("deploy/training.env", "quadline/simulator/options.py"):
        assert TRAINING_ACCOUNT in text(place)


def sample_of(run: RosterRun) -> None:
    """As the jobs do."""
    apply_sample(run.pk)
    apply_run(run.pk, now=timezone.now())
    run.refresh_from_db()


def test_sample_students_come_and_go_with_a_click_each(
    enter: Enter, training: None, db: None
) -> None:
    ada = staff("ada@alder.example", "Ada", role="administrator")  # type: ignore[arg-type]
    browser = enter(ada)
    browser.post("/manage/setup/students/sample/")
    run = SampleData.objects.get().run
    sample_of(run)
    assert run.state == "applied"
    assert Student.objects.filter(is_test=True).count() == 12
    assert CaseloadEntry.objects.filter(staff=ada).count() == 12
    assert checklist.students_line().state is LineState.TODO
    page = page_of(browser, "/manage/setup/students/")
    assert "Remove the sample students" in page

    browser.post("/manage/setup/students/sample/remove/")
    undo_run(run.pk, now=timezone.now())
    assert not Student.objects.exists()
    assert not CaseloadEntry.objects.exists()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"roster brought in", "roster applied", "roster undone"} <= actions


def test_sample_students_can_come_again_after_they_went(
    enter: Enter, training: None, db: None
) -> None:
    ada = staff("ada@alder.example", "Ada", role="administrator")  # type: ignore[arg-type]
    browser = enter(ada)
    for _ in range(2):
        browser.post("/manage/setup/students/sample/")
        run = SampleData.objects.get().run
        sample_of(run)
        assert run.state == "applied"
        browser.post("/manage/setup/students/sample/remove/")
        undo_run(run.pk, now=timezone.now())
    assert not Student.objects.exists()


@pytest.mark.parametrize("is_training", [True, False])
def test_no_sample_students_among_real_ones_or_with_real_phones(
    enter: Enter,
    people: Cast,
    settings: Settings,
    is_training: bool,
) -> None:
    account = TRAINING_ACCOUNT if is_training else "AC" + "1" * 32
    settings.ENV = settings.ENV.model_copy(update={"twilio_account_sid": account})
    if not is_training:
        CaseloadEntry.objects.all().delete()
        Student.objects.all().delete()
    browser = enter(people.ada)
    answer = browser.post("/manage/setup/students/sample/", follow=True)
    assert "Nothing was loaded" in answer.content.decode()
    assert not RosterRun.objects.exists()


def test_the_college_step_saves_as_the_settings_do_and_stays(
    enter: Enter,
    people: Cast,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    browser = enter(people.ada)
    form = {"college_name": "Birch College", "seen_college_name": "Alder College"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/manage/setup/college/", form)
    assert answer["Location"] == "/manage/setup/college/"
    assert AuditEntry.objects.get().action == "college setting changed"

    wrong = {"college_phone": "12", "seen_college_phone": "+17345550100"}
    refused = browser.post("/manage/setup/college/", wrong)
    assert refused.status_code == 422
    assert "Nothing was saved" in refused.content.decode()


def test_an_office_added_in_the_setup_leads_back_there_and_nowhere_else(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.ada)
    for back, place in (
        ("setup", "/manage/setup/college/"),
        ("https://evil.example/", "/manage/settings/college/"),
        ("", "/manage/settings/college/"),
    ):
        form = {"name": f"Office {back[:5]}", "phone": "", "back": back}
        answer = browser.post("/manage/settings/offices/new/", form)
        assert answer["Location"] == place


def test_a_check_that_nobody_makes_says_so(enter: Enter, people: Cast) -> None:
    browser = enter(people.ada)
    browser.post("/manage/setup/carrier/check/")
    LiveCheck.objects.update(asked_at=timezone.now() - 2 * CHECK_STARTS_WITHIN)
    assert "Is quadline worker running?" in page_of(browser, "/manage/setup/carrier/")


def test_no_secret_is_on_any_page(
    enter: Enter, people: Cast, settings: Settings
) -> None:
    secrets = {
        "email_url": "smtp://user:hunter2hunter2@mail.college.example:587",
        "twilio_auth_token": "tokentokentoken",
        "twilio_account_sid": "AC0123456789abcdef0123456789abcdef",
    }
    settings.ENV = settings.ENV.model_copy(update=secrets)
    browser = enter(people.ada)
    for step in ("", "college/", "email/", "carrier/", "students/", "real-texting/"):
        page = page_of(browser, f"/manage/setup/{step}")
        for secret in ("hunter2hunter2", "tokentokentoken", "AC0123456789"):
            assert secret not in page, step


def test_the_words_to_paste_fit_the_form_and_say_what_they_must(
    settings: Settings,
) -> None:
    words = {each.field: each.words for each in registration_words(settings.ENV)}
    assert 40 <= len(words["Campaign description"]) <= 4096
    assert 40 <= len(words["How students consent (message flow)"]) <= 2048
    for number in (1, 2, 3):
        sample = words[f"Sample message {number}"]
        assert 20 <= len(sample) <= 1024
        assert "Alder College" in sample
    for field in ("HELP message", "Opt-out message", "Opt-in message"):
        assert "Alder College" in words[field]
        assert len(words[field]) <= 320
    assert "STOP" in words["HELP message"]
    assert "{" not in "".join(words.values())
