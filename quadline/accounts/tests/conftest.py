"""A visitor at the door, without the static files that a deployment collects."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.architecture.conftest import enter

__all__ = ["enter", "visitor"]


@pytest.fixture
def visitor(settings: Settings, tmp_path: Path, db: None) -> Client:
    settings.STATIC_ROOT = tmp_path
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    return Client()
