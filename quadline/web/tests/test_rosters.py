"""The roster's pages: what is refused in words, what is on record, who sees what."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quadline.audit.models import AuditEntry
from quadline.delivery.rosters.running import check_run
from quadline.roster.models import RosterMapping, RosterRun, RosterSource
from tests.architecture.conftest import Enter, enter
from tests.cast import Cast

__all__ = ["enter"]
HEADER = "institutional_id,first_name,last_name,email,mobile"
ROW = "00200001,Ann,Lee,ann@alder.example,7345550161"


def uploaded(browser: Client, *files: tuple[str, bytes], mapping: str = ""):  # type: ignore[no-untyped-def]
    given = [SimpleUploadedFile(name, content) for name, content in files]
    return browser.post(reverse("roster_upload"), {"files": given, "mapping": mapping})


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "Choose a file first"),
        ([("roster.docx", b"PK")], "roster.docx is neither a CSV nor a ZIP file"),
        ([(f"{n}.csv", b"a") for n in range(26)], "Choose 25 files at most"),
    ],
)
def test_an_upload_that_is_no_roster_is_refused_in_words(
    enter: Enter, people: Cast, files: list[tuple[str, bytes]], words: str
) -> None:
    answer = uploaded(enter(people.ada), *files)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not RosterRun.objects.exists()


def test_a_zip_is_uploaded_as_it_is(enter: Enter, people: Cast) -> None:
    """A form with a file is whole, too, where its bytes are no text."""
    answer = uploaded(enter(people.ada), ("roster.zip", b"PK\x03\x04\xff\xfe\x00"))

    assert answer.status_code == 302
    run = RosterRun.objects.get()
    assert (run.state, run.actor) == ("reading", people.ada)
    check_run(run.pk, now=timezone.now())
    page = enter(people.ada).get(reverse("roster_run", args=[run.pk]))
    assert "is not a whole ZIP file" in page.content.decode()


def test_a_diff_comes_in_pages_that_join(enter: Enter, people: Cast) -> None:
    browser = enter(people.ada)
    rows = [f"005{n:05},F{n},L{n},f{n}@alder.example," for n in range(120)]
    content = "\n".join([HEADER, *rows, ""]).encode()
    uploaded(browser, ("students.csv", content))
    run = RosterRun.objects.get()
    check_run(run.pk, now=timezone.now())
    where = f"{reverse('roster_run', args=[run.pk])}?show=new"
    seen: list[str] = []
    after = ""
    while True:
        context = browser.get(f"{where}{after}").context
        seen += [change.id for change in context["rows"]]
        if context["next"] is None:
            break
        after = f"&after={context['next']}"

    assert seen == [f"005{n:05}" for n in range(120)]


def test_a_source_is_saved_once_and_on_record(enter: Enter, people: Cast) -> None:
    browser = enter(people.ada)
    form = {
        "name": " Banner  nightly ",
        "folder": "",
        "expected_by": "04:30",
        "is_active": "yes",
    }
    assert browser.post(reverse("roster_source_new"), form).status_code == 302
    source = RosterSource.objects.get()
    assert (source.name, source.folder) == ("Banner nightly", "banner-nightly")
    again = browser.post(reverse("roster_source_new"), form)
    assert "Another source has this name" in again.content.decode()
    for wrong in ({"name": ""}, {"expected_by": "25:00"}, {"mapping": "999"}):
        answer = browser.post(reverse("roster_source_new"), {**form, **wrong})
        assert answer.status_code == 422
    entry = AuditEntry.objects.get(action="roster source saved")
    assert (entry.actor, entry.detail["folder"]) == (people.ada, "banner-nightly")


@pytest.mark.parametrize("folder", ["../../etc", "/etc", "a/b", "..", "\0"])
def test_a_folder_stays_within_its_place(
    enter: Enter, people: Cast, folder: str
) -> None:
    form = {"name": "Odd", "folder": folder, "is_active": "yes"}
    enter(people.ada).post(reverse("roster_source_new"), form)

    for source in RosterSource.objects.all():
        assert Path(source.folder).name == source.folder
        assert source.folder not in ("", ".", "..")


def test_a_mapping_in_use_is_not_removed(enter: Enter, people: Cast) -> None:
    browser = enter(people.ada)
    sample = SimpleUploadedFile("s.csv", f"{HEADER}\n{ROW}\n".encode())
    browser.post(reverse("roster_mapping_new"), {"file": sample})
    mapping = RosterMapping.objects.get()
    assert mapping.sample
    where = reverse("roster_mapping", args=[mapping.pk])
    chosen = {f"column_{n}": name for n, name in enumerate(HEADER.split(","))}
    unnamed = browser.post(where, chosen)
    assert "Give it a name" in unnamed.content.decode()
    assert browser.post(where, {**chosen, "name": "Ours"}).status_code == 302
    mapping.refresh_from_db()
    assert (mapping.is_ready, mapping.sample) == (True, [])
    uploaded(
        browser,
        ("students.csv", f"{HEADER}\n{ROW}\n".encode()),
        mapping=str(mapping.pk),
    )

    browser.post(reverse("roster_mapping_remove", args=[mapping.pk]))
    assert RosterMapping.objects.filter(pk=mapping.pk).exists()
    assert AuditEntry.objects.filter(action="roster mapping saved").exists()
