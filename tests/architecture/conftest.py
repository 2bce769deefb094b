"""A browser for each person of the cast, without the static
files that a deployment collects.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from quadline.accounts.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Enter = Callable[[User | None], Client]


@pytest.fixture
def enter(settings: Settings, tmp_path: Path, db: None) -> Enter:
    """Sign somebody in, or nobody."""
    settings.STATIC_ROOT = tmp_path
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}

    def signed_in(user: User | None) -> Client:
        client = Client()
        if user:
            client.force_login(user, backend=BACKEND)
        return client

    return signed_in
