"""An administrator's day: two people come, one of them goes. And a profile made one's
own.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from tests.browser import Person, person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.test_screens import REFUSED, look, measured_by_axe

Arrive = Callable[..., Person]
PASSWORD = "plum tractor seven lakes"
LINES = "Grace Okafor,grace@alder.example,,Transfer Center,Coach\n{second}"


def link_for(house: House, email: str) -> str:
    mail = eventually(lambda: house.simulator.mail(email))[0]
    found = re.search(r"http\S+/accounts/password/\S+", mail["text"])
    assert found
    return found.group()


def photo_of(tmp_path: Path) -> Path:
    """Red, green and blue from left to right."""
    picture = Image.new("RGB", (1200, 400), "red")
    picture.paste("green", (400, 0, 800, 400))
    picture.paste("blue", (800, 0, 1200, 400))
    exif = Image.Exif()
    exif[0x010E] = "at home"
    path = tmp_path / "me.jpg"
    picture.save(path, exif=exif)
    return path


def middle_of(page: Page, address: str) -> tuple[bytes, tuple[int, ...]]:
    content = page.request.get(address).body()
    pixel = Image.open(io.BytesIO(content)).getpixel((256, 256))
    assert isinstance(pixel, tuple)
    return content, pixel


def test_two_are_invited_one_begins_and_one_loses_access_with_the_page_open(
    the_house: House, people: Cast, at_the_screen: Arrive, tmp_path: Path
) -> None:
    ada = at_the_screen("ada@alder.example")
    page = ada.page
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name="Staff", exact=True).click()
    page.get_by_role("link", name="Invite many").click()
    lines = page.get_by_label("One person on each line")
    lines.fill(LINES.format(second="Hana Ito,maya@alder.example"))
    page.get_by_role("button", name="Check lines").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nobody was invited.")
    ada.faults.remove(REFUSED.format("422 (Unprocessable Entity)"))
    lines.fill(LINES.format(second="Hana Ito,hana@alder.example"))
    page.get_by_role("button", name="Check lines").click()
    page.get_by_role("button", name="Invite 2 people").click()
    expect(page.locator("#toasts")).to_contain_text("2 people are invited")
    expect(page.get_by_text("Invited, not signed in yet")).to_have_count(3)

    grace = person(page.context.browser, the_house.url)  # type: ignore[arg-type]
    begin(grace, link_for(the_house, "grace@alder.example"), "grace@alder.example")
    add_photo(grace, photo_of(tmp_path))
    text_sally(grace, people)

    hana = person(page.context.browser, the_house.url)  # type: ignore[arg-type]
    begin(hana, link_for(the_house, "hana@alder.example"), "hana@alder.example")
    page.get_by_label("Search staff").fill("hana")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Hana Ito").click()
    page.get_by_role("link", name="Deactivate account").click()
    expect(page.get_by_text("1 signed-in device is signed out")).to_be_visible()
    page.get_by_role("button", name="Deactivate account").click()
    expect(page.locator("#toasts")).to_contain_text("account is deactivated")
    expect(
        hana.page.get_by_role("heading", name="You have been signed out")
    ).to_be_visible()
    hana.open("/inbox/")
    expect(hana.page.get_by_role("heading", name="Sign in")).to_be_visible()

    actions = AuditEntry.objects.filter(actor=people.ada).order_by("pk")
    assert [entry.action for entry in actions] == [
        "staff user invited",
        "staff user invited",
        "account deactivated",
    ]
    for each in (grace, hana):
        assert each.faults == []
        each.page.context.close()


def begin(newcomer: Person, link: str, email: str) -> None:
    page = newcomer.page
    page.goto(link)
    expect(page.get_by_text(f"You sign in with {email}")).to_be_visible()
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat new password").fill(PASSWORD)
    page.get_by_role("button", name="Save password").click()
    page.get_by_role("link", name="Sign in").click()
    newcomer.sign_in(email, PASSWORD)


def add_photo(grace: Person, file: Path) -> None:
    page = grace.page
    page.get_by_role("link", name="My profile").click()
    expect(page.get_by_text("No number yet").last).to_be_visible()
    page.get_by_role("link", name="Photo, name and signature").click()
    page.get_by_label("Choose a picture").set_input_files(file)
    expect(page.get_by_role("img", name="as it will be cropped")).to_be_visible()
    page.get_by_label("Left to right").fill("1")
    page.get_by_role("button", name="Save photo").click()
    expect(page.locator("#toasts")).to_contain_text("Your photo is saved.")
    address = User.objects.get(email="grace@alder.example").photo_url
    shown = page.locator("#number .face.photo img")
    expect(shown).to_have_attribute("src", address)
    assert shown.evaluate("(image) => image.complete && image.naturalWidth") == 512
    content, pixel = middle_of(page, f"{grace.house_url}{address}")
    assert pixel[2] > 200 > pixel[0], "the right third, as it was moved there"
    assert b"at home" not in content


def text_sally(grace: Person, people: Cast) -> None:
    page = grace.page
    grace.open(f"/students/{people.sally.pk}/")
    page.get_by_role("link", name="Message", exact=True).click()
    page.get_by_role("tab", name="Text Message").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("Setup test")
    page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
    grace.open("/me/")
    # The guide: directly under the photo.
    under = page.locator("#number .face.photo + #system-number")
    expect(under.get_by_text(re.compile(r"\(\d{3}\) \d{3}-\d{4}"))).to_be_visible()


def test_without_scripts_the_middle_of_a_photo_is_taken(
    the_house: House, people: Cast, at_the_screen: Arrive, tmp_path: Path
) -> None:
    maya = at_the_screen("maya@alder.example", java_script_enabled=False)
    page = maya.page
    maya.open("/me/edit/")
    page.get_by_label("Choose a picture").set_input_files(photo_of(tmp_path))
    page.get_by_role("button", name="Save photo").click()
    expect(page.get_by_text("Your photo is saved.")).to_be_visible()
    address = User.objects.get(pk=people.maya.pk).photo_url
    _, pixel = middle_of(page, f"{the_house.url}{address}")

    assert pixel[1] > 100 > max(pixel[0], pixel[2])
    page.get_by_role("link", name="Photo, name and signature").click()
    bad = tmp_path / "me.svg"
    bad.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    page.get_by_label("Choose a picture").set_input_files(bad)
    page.get_by_role("button", name="Save photo").click()
    expect(page.locator("#photo-fault")).to_contain_text("not a JPEG, PNG or WebP")
    maya.faults.remove(REFUSED.format("422 (Unprocessable Entity)"))


def test_a_photo_larger_than_any_form_arrives_whole(
    the_house: House, people: Cast, at_the_screen: Arrive, tmp_path: Path
) -> None:
    """Through the whole house, and without the scripts that make it smaller."""
    path = tmp_path / "large.png"
    Image.effect_noise((2000, 1500), 90).save(path)
    assert 1_500_000 < path.stat().st_size < 10_000_000
    maya = at_the_screen("maya@alder.example", java_script_enabled=False)
    maya.open("/me/edit/")
    maya.page.get_by_label("Choose a picture").set_input_files(path)
    maya.page.get_by_role("button", name="Save photo").click()

    expect(maya.page.get_by_text("Your photo is saved.")).to_be_visible()


def test_enter_begins_a_line_for_who_prefers_it(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    maya = at_the_screen("maya@alder.example")
    page = maya.page
    maya.open("/me/preferences/")
    page.get_by_label("Enter sends a text").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Your preferences are saved.")
    maya.open(f"/students/{people.rosa.pk}/")
    page.get_by_role("link", name="Message", exact=True).click()
    words = page.get_by_role("dialog").get_by_role("textbox")
    words.fill("One")
    words.press("Enter")
    words.press_sequentially("two")
    expect(words).to_have_value("One\ntwo")
    words.press("Control+Enter")

    expect(page.get_by_role("link", name="View conversation")).to_be_visible()


@pytest.mark.slow
def test_a_device_is_signed_out_from_another(
    the_house: House, people: Cast, at_the_screen: Arrive
) -> None:
    other = at_the_screen("maya@alder.example")
    here = at_the_screen("maya@alder.example")
    here.open("/me/sessions/")
    here.page.get_by_role("button", name="Sign out Chrome on Linux").click()
    expect(here.page.locator("#toasts")).to_contain_text("Signed out")
    expect(
        other.page.get_by_role("heading", name="You have been signed out")
    ).to_be_visible()
    here.page.get_by_role("button", name="Sign out everywhere").click()
    expect(here.page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("act", ["check", "right"])
def test_axe_finds_nothing_where_lines_are_checked(
    the_house: House, people: Cast, at_the_screen: Arrive, act: str
) -> None:
    ada = measured_by_axe(at_the_screen, "ada")
    ada.open("/manage/staff/invite/many/")
    second = (
        "Hana Ito,maya@alder.example" if act == "check" else "Hana Ito,h@alder.example"
    )
    ada.page.get_by_label("One person on each line").fill(LINES.format(second=second))
    ada.page.get_by_role("button", name="Check lines").click()
    ada.page.get_by_role("heading", name="Invite many").wait_for()
    wrong = look(ada, act)
    ada.faults.clear()

    assert wrong == []
