"""The campus clock is the college's at that moment: a page says times by it, whatever
the process was started with.
"""

import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from quadline.college.logo import logo_digest
from quadline.delivery.outbox.wait_explanation import explain_wait
from quadline.delivery.tests.acts import write
from quadline.emails import letters
from tests.architecture.conftest import Enter
from tests.cast import Cast
from tests.mail_server import MailServer

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)  # in Detroit; 7 AM in Honolulu


@pytest.fixture
def honolulu(settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={
            "college_time_zone": "Pacific/Honolulu",
            "college_name": "Birch College",
        }
    )


@pytest.mark.usefixtures("honolulu")
def test_a_page_goes_by_the_zone_of_now_and_leaves_the_process_as_it_was(
    enter: Enter, people: Cast
) -> None:
    write(people.maya, people.rosa)
    before = timezone.get_current_timezone_name()
    with time_machine.travel(NOON, tick=False):
        page = enter(people.maya).get(reverse("inbox")).content.decode()
    assert 'data-zone="Pacific/Honolulu"' in page
    assert timezone.get_current_timezone_name() == before


@pytest.mark.usefixtures("honolulu")
def test_an_email_to_staff_goes_by_the_zone_of_now(mailbox: MailServer) -> None:
    letters.password_changed(to="maya@alder.example", at=NOON, tokens_ended=0)
    [mail] = mailbox.to("maya@alder.example")
    assert "November 23, 2026 at 7:00 AM" in " ".join(str(mail).split())


@pytest.mark.usefixtures("honolulu")
def test_what_a_text_waits_for_goes_by_the_zone_of_now(people: Cast) -> None:
    text = write(people.maya, people.rosa)
    text.deadline_at = NOON
    text.save()
    now = text.created_at + timedelta(days=2)  # the number takes longer than a day
    wait = explain_wait(text, now=now, is_own=True)
    assert wait is not None
    assert "by Mon, Nov 23, 7:00 AM" in wait.detail


def test_a_logo_is_uploaded_shown_to_everybody_and_taken_away(
    enter: Enter,
    people: Cast,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    drawn = io.BytesIO()
    Image.effect_noise((300, 100), 80).save(drawn, "PNG")
    browser = enter(people.ada)
    upload = SimpleUploadedFile("logo.png", drawn.getvalue(), "image/png")
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(reverse("manage-logo"), {"logo": upload}, follow=True)
    assert "The logo is saved" in answer.content.decode()
    address = reverse("college-logo", args=[logo_digest()])
    for page in (
        browser.get("/manage/settings/college/"),
        enter(None).get("/accounts/login/"),
    ):
        assert address in page.content.decode()
    picture = enter(None).get(address)
    assert picture["Content-Type"] == "image/png"
    assert "immutable" in picture["Cache-Control"]
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("manage-logo"), {"act": "remove"})
    assert enter(None).get(address).status_code == 404


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\xff\xd8 half a photo"])
def test_what_is_no_picture_is_refused_in_words(
    enter: Enter, people: Cast, content: bytes
) -> None:
    upload = SimpleUploadedFile("logo.png", content, "image/png")
    answer = enter(people.ada).post(
        reverse("manage-logo"), {"logo": upload}, follow=True
    )
    assert "The logo was not changed." in answer.content.decode()
    assert logo_digest() == ""


def test_whether_it_is_alive_is_said_while_the_database_hangs(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs() -> None:
        raise AssertionError("it was asked")

    monkeypatch.setattr("quadline.web.campus_clock.college_settings", hangs)
    assert enter(None).get(reverse("alive")).status_code == 200
