"""Bringing database and static files to this release, and
doing nothing when they are there.
"""

from pathlib import Path

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

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
