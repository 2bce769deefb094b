"""A program for each person of the cast, without the static
files that a deployment collects.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from quadline.accounts.models import User
from tests.program import Program

Programs = Callable[[User], Program]


@pytest.fixture(autouse=True)
def without_static_files(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    }


@pytest.fixture
def program(db: Any) -> Programs:
    """``program(people.maya)`` calls the API with a token of Maya's."""
    return Program.of
