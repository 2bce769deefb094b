"""The package as it is installed: built once, in an environment of its own."""

from pathlib import Path

import pytest

from tests.deploy.package import Installed, install


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder: Path = tmp_path_factory.mktemp("installed")
    return install(folder)
