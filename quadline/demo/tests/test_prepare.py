"""Bringing database and static files to this release, and
doing nothing when they are there.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finders
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from quadline.accounts.models import User
from quadline.demo import prepare


@pytest.fixture
def commands(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> list[str]:
    """What is really run, by name."""
    run: list[str] = []
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    monkeypatch.setattr(
        prepare, "call_command", lambda name, **options: run.append(name)
    )
    return run


@pytest.mark.django_db
def test_tables_that_are_up_to_date_are_left_alone(commands: list[str]) -> None:
    prepare.bring_tables_up_to_date()

    assert commands == ["createcachetable"]


def test_static_files_are_made_again_when_one_of_them_changes(
    commands: list[str], settings: Settings, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    settings.STATICFILES_DIRS = [mine]
    prepare.collect_static()
    (mine / "new.css").write_text("a {}")
    prepare.collect_static()
    prepare.collect_static()

    assert commands == ["collectstatic"] * 2


@pytest.mark.django_db
def test_a_migration_that_is_missing_is_made_good_and_until_then_nobody_is_ready(
    commands: list[str],
) -> None:
    assert Client().get("/readyz").status_code == 200
    MigrationRecorder.Migration.objects.filter(app="conversations").latest(
        "applied"
    ).delete()

    assert Client().get("/readyz").status_code == 503
    prepare.bring_tables_up_to_date()
    assert commands == ["createcachetable", "migrate"]


@pytest.mark.django_db
def test_it_says_what_it_did_and_what_is_next(
    commands: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    MigrationRecorder.Migration.objects.filter(app="conversations").latest(
        "applied"
    ).delete()
    prepare.prepare_house([])

    said = capsys.readouterr().out
    database = connection.settings_dict["NAME"]
    assert f"Database: {database} on " in said
    assert "Cache table: there already\n" in said
    files = len(list(settings_files()))
    assert f"Static files: {files} files collected in " in said
    assert "\nNext: make an administrator (quadline createsuperuser), or start" in said


@pytest.mark.django_db
def test_done_again_it_says_that_nothing_was_to_be_done(
    commands: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    User.objects.create_superuser("ada@alder.example", name="Ada")
    prepare.collect_static()
    prepare.prepare_house([])

    said = capsys.readouterr().out
    assert "Tables: up to date\n" in said
    assert "Static files: up to date in " in said
    assert "Next: start quadline web and quadline worker" in said


def test_of_an_empty_database_it_names_the_number_of_migrations() -> None:
    said = prepare._tables_line(("accounts.0001_initial",))
    assert said == "1 migration applied, up to date now"


def settings_files() -> Iterator[str]:
    for finder in get_finders():
        yield from (path for path, _ in finder.list([]))


def test_a_database_that_does_not_answer_is_said_in_words(tmp_path: Path) -> None:
    away = {
        **os.environ,
        "DATABASE_URL": "postgresql://quadline:very-secret@127.0.0.1:1/quadline",
        "DATA_DIR": str(tmp_path),
    }
    answer = subprocess.run(
        [sys.executable, "-m", "quadline", "prepare"],
        env=away,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "The database cannot be used: " in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "very-secret" not in answer.stdout + answer.stderr
