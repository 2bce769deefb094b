"""A visitor at the door, without the static files that a deployment collects."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.architecture.conftest import enter

__all__ = ["enter", "visitor"]


@pytest.fixture
def plain_files(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def visitor(plain_files: None, db: None) -> Client:
    return Client()
