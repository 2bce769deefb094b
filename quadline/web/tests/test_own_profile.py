"""What staff change of their own: photo, name, signature, preferences, devices."""

import io
from dataclasses import dataclass

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pytest_django import Settings

from quadline import clock
from quadline.accounts import photos, sessions
from quadline.accounts.device_words import device_words
from quadline.accounts.models import User
from quadline.accounts.photos import change_photo, upload_key
from quadline.audit.models import AuditEntry
from quadline.delivery.tests.acts import number_row
from quadline.numbers import alerts
from tests.architecture.conftest import BACKEND, Enter
from tests.cast import Cast
from tests.mail_server import MailServer

EDIT, DEVICES = "/me/edit/", "/me/sessions/"
FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def picture(size: tuple[int, int] = (300, 200), kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "red").save(written, kind)
    return written.getvalue()


def upload(browser: Client, user: User, content: bytes) -> object:
    file = SimpleUploadedFile("me.png", content, "image/png")
    return browser.post(f"/me/photo/{upload_key(user)}/", {"photo": file})


def stored() -> list[str]:
    try:
        return default_storage.listdir("photos")[1]
    except FileNotFoundError:
        return []


def test_a_photo_is_shown_wherever_its_owner_is(
    enter: Enter, people: Cast, django_capture_on_commit_callbacks: object
) -> None:
    browser = enter(people.maya)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        upload(browser, people.maya, picture())
    maya = User.objects.get(pk=people.maya.pk)
    (name,) = stored()
    assert maya.photo_url == f"/photos/{name}"
    assert len(name) > 30
    for page in ("/me/", "/inbox/"):
        assert maya.photo_url in browser.get(page).content.decode()

    shown = enter(people.omar).get(maya.photo_url)
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Cache-Control"] == "private, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(b"".join(shown))).size == (512, 512)
    assert enter(None).get(maya.photo_url).status_code == 302

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        upload(browser, people.maya, picture((64, 64)))
    assert len(stored()) == 1
    assert browser.get(maya.photo_url).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        browser.post("/me/photo/remove/")
    assert stored() == []
    assert User.objects.get(pk=people.maya.pk).photo_url == ""
    actions = AuditEntry.objects.filter(actor=people.maya).values_list(
        "action", flat=True
    )
    assert list(actions.order_by("pk")) == [
        "photo changed",
        "photo changed",
        "photo removed",
    ]


def test_a_photo_that_is_refused_leaves_the_one_before(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.maya)
    change_photo(people.maya, picture())
    for content in (b"<svg/>", picture()[:50], b""):
        answer = upload(browser, people.maya, content)
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert "was not changed" in answer.content.decode()  # type: ignore[attr-defined]
    assert browser.post(f"/me/photo/{upload_key(people.maya)}/").status_code == 422

    assert [people.maya.photo.name] == [f"photos/{name}" for name in stored()]


def test_a_disk_that_takes_nothing_is_said_in_words(
    enter: Enter, people: Cast, settings: Settings
) -> None:
    settings.MEDIA_ROOT = "/dev/null/media"
    answer = upload(enter(people.maya), people.maya, picture())

    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "could not be stored" in answer.content.decode()  # type: ignore[attr-defined]
    assert User.objects.get(pk=people.maya.pk).photo_url == ""


def test_no_file_is_left_where_the_database_says_no(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object, **more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(photos, "record_audit", fail)
    with pytest.raises(RuntimeError):
        change_photo(people.maya, picture())

    assert stored() == []


@pytest.mark.parametrize(
    "name", ["..%2F..%2Fsecret", "photos%2Fx.jpg", "x.jpg", "%00.jpg", "x" * 400]
)
def test_nothing_else_is_served_as_a_photo(
    enter: Enter, people: Cast, name: str
) -> None:
    default_storage.save("photos/x.jpg", io.BytesIO(b"not anybody's"))

    assert enter(people.maya).get(f"/photos/{name}").status_code == 404


def test_a_profile_is_saved_and_closes_emails(enter: Enter, people: Cast) -> None:
    browser = enter(people.maya)
    typed = {
        "name": " Maya  Alvarez-Reyes ",
        "title": "Senior advisor",
        "pronouns": "she/her",
        "signature": "Maya\r\n\r\nAdvising \x07 Commons\r\n\r\n",
    }
    assert browser.post(EDIT, typed).status_code == 302
    maya = User.objects.get(pk=people.maya.pk)

    assert (maya.name, maya.title, maya.pronouns) == (
        "Maya Alvarez-Reyes",
        "Senior advisor",
        "she/her",
    )
    assert maya.signature == "Maya\n\nAdvising Commons"
    assert "she/her" in browser.get("/me/").content.decode()
    assert AuditEntry.objects.get(action="profile changed").detail["fields"] == [
        "name",
        "title",
        "pronouns",
        "signature",
    ]
    # Sent back as the browser has it, nothing has changed.
    again = {**typed, "seen_signature": "Maya\r\n\r\nAdvising Commons"}
    browser.post(EDIT, again)
    assert AuditEntry.objects.filter(action="profile changed").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " \t "),
        ("name", "x" * 201),
        ("title", "x" * 121),
        ("pronouns", "x" * 41),
        ("signature", "x" * 501),
        ("signature", "\n".join("abcdefghi")),
    ],
)
def test_a_faulty_profile_is_kept_on_the_page_and_not_saved(
    enter: Enter, people: Cast, field: str, value: str
) -> None:
    typed = {"title": "Kept title", field: value}
    answer = enter(people.maya).post(EDIT, typed)

    assert answer.status_code == 422
    assert list(answer.context["faults"]) == [field]
    assert getattr(answer.context["profile"], field) == value
    assert User.objects.get(pk=people.maya.pk).title == "Academic advisor"


def test_what_an_administrator_changed_meanwhile_is_not_lost(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.maya)
    begun = {"seen_name": people.maya.name, "seen_title": people.maya.title}
    User.objects.filter(pk=people.maya.pk).update(title="Coach")
    answer = browser.post(EDIT, {**begun, "name": "Maya A.", "title": "Advisor"})

    assert answer.status_code == 409
    assert "The title is now: " in answer.content.decode()
    assert 'value="Advisor"' in answer.content.decode()
    # A field that was left as it was is not theirs to set back.
    same = browser.post(
        EDIT, {**begun, "name": "Maya A.", "seen_title": "Coach", "title": "Coach"}
    )
    assert same.status_code == 302
    maya = User.objects.get(pk=people.maya.pk)
    assert (maya.name, maya.title) == ("Maya A.", "Coach")


def prefer(browser: Client, **wanted: str) -> None:
    assert browser.post("/me/preferences/", wanted).status_code == 302


def test_each_preference_has_an_effect(
    enter: Enter, people: Cast, mailbox: MailServer
) -> None:
    number = number_row(people.maya)
    browser = enter(people.maya)
    conversation = browser.get(f"/students/{people.rosa.pk}/message/")
    assert 'data-enter="newline"' not in conversation.content.decode()
    alerts.email_number_active(number.pk)
    assert len(mailbox.to("maya@alder.example")) == 1

    prefer(browser, opens_on="email")
    maya = User.objects.get(pk=people.maya.pk)
    assert (maya.emails_when_active, maya.enter_sends, maya.opens_on) == (
        False,
        False,
        "email",
    )
    alerts.email_number_active(number.pk)
    assert len(mailbox.to("maya@alder.example")) == 1
    assert '<body data-enter="newline"' in browser.get("/inbox/").content.decode()
    # The guide's ways to a text open on Text Message, whatever one prefers.
    for page in (f"/students/{people.rosa.pk}/message/", "/inbox/new/"):
        assert 'id="tab-text"' in browser.get(page).content.decode()
        assert browser.get(page).context["composer"].written.tab == "text"


@pytest.mark.parametrize(
    ("preferred", "cookie", "opens"),
    [
        ("last", "", "text"),
        ("last", "email", "email"),
        ("text", "email", "text"),
        ("email", "text", "email"),
        ("nonsense", "email", "email"),
    ],
)
def test_a_conversation_opens_on_the_preferred_tab(
    enter: Enter, people: Cast, preferred: str, cookie: str, opens: str
) -> None:
    from django.utils import timezone

    from quadline.conversations.opening import open_conversation

    opened = open_conversation(
        inbox=people.maya.inbox, student=people.rosa, now=timezone.now()
    )
    browser = enter(people.maya)
    prefer(browser, opens_on=preferred, enter_sends="yes")
    browser.cookies["composer-tab"] = cookie
    page = browser.get(f"/inbox/c/{opened.pk}/")

    assert page.context["composer"].written.tab == opens
    assert (
        browser.get(f"/inbox/c/{opened.pk}/?tab=text").context["composer"].written.tab
        == "text"
    )


@dataclass
class Doors:
    """Maya's browsers: here, and at home."""

    here: Client
    home: Client


@pytest.fixture
def doors(enter: Enter, people: Cast) -> Doors:
    here, home = enter(people.maya), enter(None)
    home.force_login(people.maya, backend=BACKEND)
    home.get("/me/", headers={"User-Agent": FIREFOX}, REMOTE_ADDR="203.0.113.7")
    return Doors(here, home)


def test_my_devices_are_listed_and_one_is_signed_out(
    doors: Doors, people: Cast, enter: Enter
) -> None:
    enter(people.omar).get("/me/")
    page = doors.here.get(DEVICES)
    devices = page.context["devices"]

    assert [(each.is_here, each.name, each.address) for each in devices] == [
        (True, "Unknown device", "127.0.0.1"),
        (False, "Firefox on Windows", "203.0.113.7"),
    ]
    doors.here.post(f"{DEVICES}{devices[1].id}/end/")
    assert doors.home.get("/me/").status_code == 302
    assert doors.here.get("/me/").status_code == 200
    assert len(doors.here.get(DEVICES).context["devices"]) == 1
    # My own, from its own row, is signing out.
    left = doors.here.post(f"{DEVICES}{devices[0].id}/end/")
    assert left.headers["Location"] == "/accounts/login/"
    assert doors.here.get("/me/").status_code == 302


def test_somebody_elses_device_is_not_there(
    doors: Doors, people: Cast, enter: Enter
) -> None:
    device = doors.here.get(DEVICES).context["devices"][1].id

    assert enter(people.omar).post(f"{DEVICES}{device}/end/").status_code == 404
    assert doors.home.get("/me/").status_code == 200


def test_signing_out_everywhere_ends_sessions_that_nobody_noted(
    doors: Doors, people: Cast, enter: Enter
) -> None:
    from allauth.usersessions.models import UserSession

    UserSession.objects.all().delete()
    omar = enter(people.omar)
    assert doors.here.post(f"{DEVICES}end/").headers["Location"] == "/accounts/login/"

    assert doors.here.get("/me/").status_code == 302
    assert doors.home.get("/me/").status_code == 302
    assert omar.get("/me/").status_code == 200
    assert AuditEntry.objects.get(action="signed out everywhere").actor == people.maya
    # Signing in again is a session like any other.
    doors.here.force_login(User.objects.get(pk=people.maya.pk), backend=BACKEND)
    assert doors.here.get("/me/").status_code == 200


def test_a_session_is_noted_now_and_then_not_at_each_request(
    enter: Enter, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [1000.0]
    monkeypatch.setattr(clock, "monotonic_seconds", lambda: at[0])
    browser = enter(people.maya)

    def writes() -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get("/shell/")
        return sum("usersession" in query["sql"] for query in asked)

    assert [writes(), writes(), writes()] == [1, 0, 0]
    at[0] += sessions.NOTED_EVERY_SECONDS
    assert [writes(), writes()] == [1, 0]


def test_what_is_noted_without_an_address_or_with_nonsense_is_kept_within_bounds(
    enter: Enter, people: Cast
) -> None:
    browser = enter(people.maya)
    browser.get("/me/", headers={"User-Agent": "x\x00" * 900}, REMOTE_ADDR="")
    (device,) = browser.get(DEVICES, REMOTE_ADDR="").context["devices"]

    assert device.address == ""
    assert "Address unknown" in browser.get(DEVICES).content.decode()


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
            "Edge on Windows",
        ),
        ("curl/8.5 <script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_named_as_far_as_it_says(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words
