"""Build the wheel and install it where nothing else is, away from the checkout."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.source import ROOT


@dataclass(frozen=True)
class Installed:
    """A wheel, and an environment that has it and what the lock names, no more."""

    wheel: Path
    environment: Path

    @property
    def programs(self) -> Path:
        return self.environment / "bin"

    @property
    def files(self) -> Path:
        """What lies beside the programs, to be copied."""
        return self.environment / "share" / "quadline" / "deploy"


def install(folder: Path) -> Installed:
    """Build the wheel, and install it with the versions of the lock."""
    wheel = build_wheel(folder / "dist")
    pinned = folder / "requirements.txt"
    pinned.write_text(locked_versions())
    environment = folder / "environment"
    _uv("venv", "--python", sys.executable, str(environment))
    into = ["pip", "install", "--python", str(environment / "bin" / "python")]
    _uv(*into, "--require-hashes", "--requirement", str(pinned))
    _uv(*into, "--no-deps", str(wheel))
    return Installed(wheel, environment)


def build_wheel(target: Path) -> Path:
    """As ``uv build`` makes it: from the source archive, in an empty environment."""
    _uv("build", "--out-dir", str(target), str(ROOT))
    [wheel] = target.glob("*.whl")
    return wheel


def locked_versions() -> str:
    """What a deployment needs, with hashes, as the lock has it."""
    return _uv("export", "--locked", "--no-dev", "--no-emit-project", at=ROOT)


def uv() -> str:
    """As the Makefile finds it: on the path, or in the environment."""
    beside = Path(sys.executable).parent / "uv"
    return shutil.which("uv") or str(beside)


def bare_environment(home: Path, **settings: str) -> dict[str, str]:
    """For a program that must know nothing of the checkout or of the tests."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        **settings,
    }


def _uv(*arguments: str, at: Path | None = None) -> str:
    """Raises AssertionError with what uv said."""
    environment = {
        name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"
    }
    done = subprocess.run(
        [uv(), "--quiet", *arguments],
        cwd=at,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
