"""A roster in a browser: uploaded, looked at, applied, undone; and every page of it by
axe, at every width, with the keyboard.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from quadline.roster.models import CaseloadEntry, RosterMapping, RosterRun, Student
from tests.browser import Person
from tests.cast import Cast
from tests.house import House, eventually
from tests.journeys.test_screens import look, measured_by_axe, too_wide

Arrive = Callable[..., Person]
ONEROSTER = Path("quadline/roster/tests/oneroster")
STUDENTS = """institutional_id,first_name,last_name,email,mobile,program
00100001,Rosa,Calderón,rosa.calderon@alder.example,(734) 555-0199,Nursing
00100002,Bo,Jensen,bo.jensen@alder.example,N/A,
00200001,Ann,Lee,ann.lee@alder.example,734-555-0161,Nursing
"""
CASELOAD = """staff_email,institutional_id,relation
theo@alder.example,00200001,Coach
"""
BANNER = """SPRIDEN_ID,SPRIDEN_LAST_NAME,SPRIDEN_FIRST_NAME,GOREMAL_EMAIL_ADDRESS,PHONE,SGBSTDN_STST_CODE
00300001,Okafor,Chidi,chidi@alder.example,734-555-0171,AS
00300002,Park,Jin,jin@alder.example,,IS
"""


def upload(here: Person, *files: Path) -> Page:
    here.open("/manage/roster/")
    page = here.page
    page.get_by_label("Files", exact=True).set_input_files(
        [str(path) for path in files]
    )
    page.get_by_role("button", name="Compare with the roster").click()
    return page


def written(folder: Path, **files: str) -> list[Path]:
    paths = []
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def test_upload_look_apply_and_undo(
    the_house: House, people: Cast, at_the_screen: Arrive, tmp_path: Path
) -> None:
    here = at_the_screen("ada@alder.example")
    page = upload(here, *written(tmp_path, students=STUDENTS, caseload=CASELOAD))

    expect(page.get_by_role("heading", name="Apply this roster?")).to_be_visible()
    counts = page.get_by_role("navigation", name="What this roster changes")
    expect(counts.get_by_role("link", name="1 New")).to_be_visible()
    assert not Student.objects.filter(institutional_id="00200001").exists()
    counts.get_by_role("link", name="1 Phones changed").click()
    changes = page.locator(".changes")
    expect(changes).to_contain_text("(734) 555-0141")
    expect(changes).to_contain_text("(734) 555-0199")
    counts.get_by_role("link", name="1 Faults").click()
    expect(page.get_by_role("table", name="Faults")).to_contain_text("N/A")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV of faults").click()
    assert b"N/A" in Path(download.value.path()).read_bytes()
    page.get_by_role("button", name="Apply").click()

    expect(page.get_by_role("button", name="Undo this roster")).to_be_visible()
    people.rosa.refresh_from_db()
    assert people.rosa.mobile == "+17345550199"
    assert CaseloadEntry.objects.get(staff=people.theo).relation == "Coach"
    page.get_by_role("button", name="Undo this roster").click()

    expect(page.get_by_text("Undone")).not_to_have_count(0)
    eventually(lambda: RosterRun.objects.filter(state="undone").exists())
    people.rosa.refresh_from_db()
    assert people.rosa.mobile == "+17345550141"
    assert not Student.objects.filter(institutional_id="00200001").exists()
    assert not CaseloadEntry.objects.filter(staff=people.theo).exists()


def test_half_a_file_asks_for_a_number(
    the_house: House, people: Cast, at_the_screen: Arrive, tmp_path: Path
) -> None:
    Student.objects.update(is_listed=True)
    here = at_the_screen("ada@alder.example")
    page = upload(here, *written(tmp_path, students=STUDENTS))
    lost = Student.objects.count() - 2
    confirmation = page.get_by_label(f"Type {lost} to confirm")
    confirmation.fill("1")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert").filter(has_text="Type")).to_be_visible()
    page.get_by_label(f"Type {lost} to confirm").fill(str(lost))
    page.get_by_role("button", name="Apply").click()

    expect(page.get_by_role("button", name="Undo this roster")).to_be_visible()
    assert Student.objects.filter(is_listed=False).count() == lost
    here.faults[:] = [fault for fault in here.faults if "422" not in fault]


def test_a_mapping_is_made_once_and_refuses_other_columns(
    the_house: House, people: Cast, at_the_screen: Arrive, tmp_path: Path
) -> None:
    here = at_the_screen("ada@alder.example")
    page = here.page
    here.open("/manage/roster/")
    [export] = written(tmp_path, banner=BANNER)
    page.get_by_label("Make a mapping from an export").set_input_files(str(export))
    page.get_by_role("button", name="Show its columns").click()

    expect(page.get_by_label("SPRIDEN_ID")).to_have_value("institutional_id")
    expect(page.get_by_label("SGBSTDN_STST_CODE")).to_have_value("status")
    # a phone is never guessed to be a mobile
    expect(page.get_by_label("PHONE")).to_have_value("")
    page.get_by_label("PHONE").select_option("mobile")
    page.get_by_label("One on a line").fill("AS = active\nIS = leave")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview")).to_contain_text("+17345550171")
    expect(page.locator(".preview")).to_contain_text("leave")
    page.get_by_label("Name", exact=True).fill("Banner students")
    page.get_by_role("button", name="Save").click()
    mapping = eventually(lambda: RosterMapping.objects.filter(is_ready=True).first())
    assert mapping
    assert mapping.sample == []

    page.get_by_label("Files", exact=True).set_input_files(str(export))
    page.get_by_label("How to read it").select_option(
        label="With the mapping Banner students"
    )
    page.get_by_role("button", name="Compare with the roster").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Undo this roster")).to_be_visible()
    jin = Student.objects.get(institutional_id="00300002")
    assert (jin.status, jin.first_name) == ("leave", "Jin")

    export.write_text(BANNER.replace("PHONE", "CELL_PHONE"))
    here.open("/manage/roster/")
    page.get_by_label("Files", exact=True).set_input_files(str(export))
    page.get_by_label("How to read it").select_option(
        label="With the mapping Banner students"
    )
    page.get_by_role("button", name="Compare with the roster").click()
    expect(page.get_by_text("Nothing was changed").first).to_be_visible()
    expect(
        page.get_by_text("There is a new column “CELL_PHONE”.").first
    ).to_be_visible()
    expect(
        page.get_by_text("There is no column “PHONE” any more, which was Mobile").first
    ).to_be_visible()


def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    the_house: House, people: Cast, at_the_screen: Arrive, tmp_path: Path
) -> None:
    here = measured_by_axe(at_the_screen, "ada")
    made = shutil.make_archive(str(tmp_path / "nightly"), "zip", ONEROSTER / "bulk_1_2")
    for files in ([Path(made)], written(tmp_path, students=STUDENTS + "1,,,,,\n")):
        page = upload(here, *files)
        expect(page.get_by_role("button", name="Apply")).to_be_visible()
    here.open("/manage/roster/sources/new/")
    here.page.get_by_label("Name", exact=True).fill("Banner nightly")
    here.page.get_by_label("A file is expected").fill("04:30")
    here.page.get_by_role("button", name="Save").click()
    expect(here.page.get_by_role("link", name="Banner nightly")).to_be_visible()
    [export] = written(tmp_path, banner=BANNER)
    here.page.get_by_label("Make a mapping").set_input_files(str(export))
    here.page.get_by_role("button", name="Show its columns").click()
    run = RosterRun.objects.latest("pk")
    pages = [
        "/manage/roster/",
        "/manage/roster/history/",
        f"/manage/roster/mappings/{RosterMapping.objects.get().pk}/",
        "/manage/roster/sources/new/",
        *(
            f"/manage/roster/runs/{run.pk}/?show={part}"
            for part in ("new", "changed", "faults")
        ),
    ]
    wrong: list[str] = []
    for where in pages:
        here.open(where)
        wrong += look(here, where)
        wrong += too_wide(here, where)
        here.page.set_viewport_size({"width": 1280, "height": 820})
    assert wrong == []
