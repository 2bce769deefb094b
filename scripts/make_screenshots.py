"""Take every page and state at two widths, light and dark, into docs/screenshots.

One command: make screenshots.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "quadline.config.settings"
# the browser's driver has a loop of its own in this thread
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django  # noqa: E402

# Before Django: a database, and settings that point nowhere real.
import tests.environment  # noqa: E402, F401

django.setup()

import screenshot_campus as campus  # noqa: E402
import screenshot_day as day  # noqa: E402
import screenshot_rosters as rosters  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.models import Q  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402

from quadline.accounts.models import User  # noqa: E402
from quadline.conversations.models import Conversation  # noqa: E402
from quadline.demo.sample import PASSWORD, load_sample_college  # noqa: E402
from quadline.roster.models import Student  # noqa: E402
from tests import house  # noqa: E402
from tests.browser import Person, chromium, person  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {1280: 820, 390: 844}
SCHEMES = ("light", "dark")
COLOURS = 256
# What was typed for a picture is no draft in the next one.
FORGET = (
    "() => { localStorage.clear();"
    " document.querySelectorAll('[data-body]').forEach((body) => { body.value = '';"
    " }); }"
)
MAYA, SAMUEL, LINH, JORDAN, DENISE, RUTH, NOBODY = (
    "maya.alvarez",
    "samuel.brandt",
    "linh.pham",
    "jordan.callahan",
    "denise.whitfield",
    "ruth.abernathy",
    "",
)


@dataclass(frozen=True)
class Shot:
    """One picture: its name, who looks, where, and what they do before it is taken.

    Width 0 is every width.
    """

    name: str
    who: str
    path: str
    act: Callable[[Page], Any] | None = None
    width: int = 0


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="quadline-screenshots-") as data:
        built = house.build(Path(data), database="screenshots")
        try:
            connections["default"].settings_dict["NAME"] = "screenshots"
            load_sample_college()
            _name_phones(built)
            day.live(built)
            with chromium() as browser:
                _take_all(browser, built, shots(built))
                _take_all(browser, built, week_shots(built, campus.live(built)))
                _take_all(browser, built, roster_shots(rosters.live()))
        finally:
            connections.close_all()
            built.stop()


def _name_phones(built: house.House) -> None:
    """The simulator's screens show whose phone it is."""
    students = Student.objects.exclude(mobile="").filter(
        Q(success_team__staff__email__startswith=MAYA) | Q(is_test=True)
    )
    phones = [
        {
            "phone_number": s.mobile,
            "name": s.display_name,
            "detail": s.program,
            "email": s.email,
        }
        for s in students
    ]
    built.simulator.ask("POST", "/simulator/directory", {"phones": phones})


def shots(built: house.House) -> list[Shot]:
    sally = Student.objects.get(institutional_id=day.SALLY)
    tessa = Student.objects.get(institutional_id="00424491")
    stranger = Conversation.objects.get(phone=day.STRANGER)
    with_sally = _with(MAYA, day.SALLY)
    with_annie = _with(MAYA, day.ANNIE)
    return [
        Shot("sign-in", NOBODY, "/accounts/login/"),
        Shot("inbox", MAYA, with_sally, width=1280),
        Shot("inbox", MAYA, "/inbox/", width=390),
        Shot("inbox-list", MAYA, "/inbox/?show=open"),
        Shot("inbox-empty", SAMUEL, "/inbox/"),
        Shot("inbox-office", DENISE, "/inbox/?whose=all&show=open"),
        Shot(
            "conversation",
            MAYA,
            with_sally,
            _type("Just your student ID and a list of the classes you’d like to take."),
        ),
        Shot("conversation-details", MAYA, with_sally, _details, width=390),
        Shot("conversation-opted-out", MAYA, _with(MAYA, day.STOPPED)),
        Shot("conversation-waiting", LINH, _with(LINH, day.SALLY)),
        Shot("conversation-timeline", MAYA, with_annie, _open_last_timeline),
        Shot(
            "conversation-unknown-phone",
            MAYA,
            f"/inbox/c/{stranger.pk}/",
        ),
        Shot("conversation-long-name", MAYA, _with(MAYA, day.LONG_NAME)),
        Shot("conversation-300-texts", MAYA, _with(MAYA, day.HISTORY)),
        Shot("conversation-of-a-colleague", DENISE, with_annie),
        Shot("students", MAYA, "/students/"),
        Shot("students-search", MAYA, "/students/?q=student-taynor"),
        Shot("students-none", MAYA, "/students/?q=Quetzalcoatl"),
        Shot("student", MAYA, f"/students/{sally.pk}/"),
        Shot("message", SAMUEL, f"/students/{sally.pk}/", _message("Setup test")),
        Shot("compose", MAYA, "/inbox/new/"),
        Shot(
            "compose-to",
            MAYA,
            f"/inbox/new/?to={tessa.pk}",
            _type("Hi Tessa, "),
        ),
        Shot("profile-none", SAMUEL, "/me/"),
        Shot("profile-pending", LINH, "/me/"),
        Shot("profile", MAYA, "/me/"),
        Shot("profile-office-line", MAYA, "/me/", _change_office_line),
        Shot("profile-failed", JORDAN, "/me/"),
        Shot("password", MAYA, "/me/password/"),
        Shot("numbers", RUTH, "/manage/numbers/"),
        Shot("settings-college", RUTH, "/manage/settings/college/"),
        Shot("settings-texting", RUTH, "/manage/settings/texting/"),
        Shot("staff", RUTH, "/manage/staff/"),
        Shot("staff-user", RUTH, f"/manage/staff/{_id_of(MAYA)}/"),
        Shot("staff-deactivate", RUTH, f"/manage/staff/{_id_of(MAYA)}/deactivate/"),
        Shot("staff-invite", RUTH, "/manage/staff/invite/"),
        Shot("staff-invite-many", RUTH, "/manage/staff/invite/many/", _check_lines),
        Shot("profile-edit", MAYA, "/me/edit/"),
        Shot("profile-preferences", MAYA, "/me/preferences/"),
        Shot("profile-devices", MAYA, "/me/sessions/"),
        Shot("help", MAYA, "/help/"),
        Shot("security", MAYA, "/me/security/"),
        Shot("api-tokens", MAYA, "/me/tokens/"),
        Shot("api-docs", NOBODY, "/api/v1/docs"),
        Shot("not-found", MAYA, "/inbox/c/999999/"),
        Shot("phones", NOBODY, f"{built.simulator.url}/phones/{sally.mobile}"),
    ]


def week_shots(built: house.House, week: campus.Week) -> list[Shot]:
    """Pages that a broadcast and its answers fill; taken last,
    for they change the inbox.
    """
    asked = _with(MAYA, week.asked.institutional_id)
    emailed = _with(MAYA, week.emailed.institutional_id)
    review = f"/broadcasts/{week.review.pk}/review/"
    sent = f"/broadcasts/{week.sent.pk}/"
    return [
        Shot("compose-caseload", MAYA, "/inbox/new/", _open_to),
        Shot("broadcast-review", MAYA, review),
        Shot("broadcast", MAYA, sent),
        Shot("broadcasts", MAYA, "/broadcasts/"),
        Shot("inbox-after-a-broadcast", MAYA, "/inbox/"),
        Shot("conversation-asked", MAYA, asked),
        Shot("conversation-email", MAYA, emailed),
        Shot("templates", MAYA, "/templates/"),
        Shot("announce", MAYA, "/me/announce/"),
        Shot("reports", MAYA, "/reports/"),
        Shot("report-opt-outs", RUTH, "/reports/opt-outs/"),
        Shot("report-delivery", RUTH, "/reports/delivery/"),
        Shot("report-responses", RUTH, "/reports/responses/"),
        Shot(
            "mailbox",
            NOBODY,
            f"{built.simulator.url}/phones/{week.emailed.mobile}",
            _mailbox,
        ),
    ]


def roster_shots(kept: rosters.Rosters) -> list[Shot]:
    waiting = f"/manage/roster/runs/{kept.waiting.pk}/"
    half = f"/manage/roster/runs/{kept.half.pk}/"
    return [
        Shot("roster", RUTH, "/manage/roster/"),
        Shot("roster-changes", RUTH, f"{waiting}?show=changed"),
        Shot("roster-faults", RUTH, f"{waiting}?show=faults"),
        Shot("roster-half", RUTH, f"{half}?show=leaving"),
        Shot("roster-applied", RUTH, f"/manage/roster/runs/{kept.applied.pk}/"),
        Shot("roster-mapping", RUTH, f"/manage/roster/mappings/{kept.mapping.pk}/"),
        Shot("roster-source", RUTH, f"/manage/roster/sources/{kept.source.pk}/"),
        Shot("roster-history", RUTH, "/manage/roster/history/"),
    ]


def _is_wanted(shot: Shot) -> bool:
    names = sys.argv[1:]
    if not names:
        return True
    return shot.name in names


def _mailbox(page: Page) -> None:
    page.get_by_role("button", name="Mailbox").first.click()


def _with(who: str, institutional_id: str) -> str:
    found = Conversation.objects.get(
        inbox__owner__email=f"{who}@alder.example",
        student__institutional_id=institutional_id,
    )
    return f"/inbox/c/{found.pk}/"


def _take_all(browser: Browser, built: house.House, all_shots: list[Shot]) -> None:
    wanted = [shot for shot in all_shots if _is_wanted(shot)]
    signed_in: dict[str, Any] = {NOBODY: None}
    for who in sorted({shot.who for shot in wanted} - {NOBODY}):
        visitor = person(browser, built.url)
        visitor.sign_in(f"{who}@alder.example", PASSWORD)
        signed_in[who] = visitor.page.context.storage_state()
        visitor.page.context.close()
    for width, height in SIZES.items():
        for scheme in SCHEMES:
            for who in signed_in:
                look = {
                    "viewport": {"width": width, "height": height},
                    "color_scheme": scheme,
                    "reduced_motion": "reduce",
                }
                state = signed_in[who]
                visitor = person(browser, built.url, storage_state=state, **look)
                # what is unread stays so, for the next picture
                visitor.page.route("**/read/", lambda route: route.abort())
                for shot in wanted:
                    if shot.who == who and shot.width in (0, width):
                        file = FOLDER / f"{shot.name}-{width}-{scheme}.png"
                        _take(visitor, shot, file)
                visitor.page.context.close()


def _take(visitor: Person, shot: Shot, file: Path) -> None:
    page = visitor.page
    is_elsewhere = shot.path.startswith("http")
    page.goto(shot.path if is_elsewhere else f"{visitor.house_url}{shot.path}")
    # The simulator's page is filled by its script.
    page.wait_for_timeout(1200 if is_elsewhere else 250)
    if shot.act:
        shot.act(page)
        page.wait_for_timeout(250)
    page.mouse.move(0, 0)
    page.screenshot(path=file, caret="hide")
    if shot.act:
        page.evaluate(FORGET)
    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
    small.save(file, optimize=True)


def _type(words: str) -> Callable[[Page], Any]:
    def act(page: Page) -> None:
        page.locator("[data-body]").fill(words)

    return act


def _id_of(account: str) -> int:
    return User.objects.get(email=f"{account}@alder.example").pk


def _check_lines(page: Page) -> None:
    page.locator("#lines").fill(
        "Grace Okafor\tgrace.okafor@alder.example\tlead\tTransfer Center\tCoach\n"
        "Hana Ito\tmaya.alvarez@alder.example\n"
    )
    page.get_by_role("button", name="Check lines").click()
    page.wait_for_timeout(500)


def _change_office_line(page: Page) -> None:
    page.get_by_text("Change").click()


def _open_to(page: Page) -> None:
    page.get_by_role("combobox", name="To", exact=True).click()


def _details(page: Page) -> None:
    page.get_by_role("button", name="Details").click()


def _open_last_timeline(page: Page) -> None:
    page.locator("details.meta summary").last.click()


def _message(words: str) -> Callable[[Page], Any]:
    def act(page: Page) -> None:
        page.get_by_role("link", name="Message", exact=True).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("textbox").fill(words)

    return act


main()
