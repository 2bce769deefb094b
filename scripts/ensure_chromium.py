"""Make sure there is a Chromium for the browser tests,
or say how to get one and fail.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    if os.environ.get("CHROMIUM"):
        return
    is_installed = any(shutil.which(name) for name in NAMES)
    if is_installed or _playwright_has_one():
        return
    print("Fetching Chromium for the browser tests …", flush=True)
    if _by_apt() or _by_playwright():
        return
    sys.exit(
        "No Chromium could be fetched. Install one (Debian: apt-get install chromium)"
        " or set CHROMIUM to its path."
    )


def _by_apt() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    # For emoji and for students' languages: else a picture shows empty boxes.
    fonts = ["fonts-noto-color-emoji", "fonts-noto-core", "fonts-noto-cjk"]
    silent = {
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        "stdout": subprocess.DEVNULL,
    }
    subprocess.run(["apt-get", "update", "-q"], **silent)
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends"]
    done = subprocess.run([*install, "chromium", *fonts], **silent)
    return done.returncode == 0


def _by_playwright() -> bool:
    install = [sys.executable, "-m", "playwright", "install", "chromium"]
    done = subprocess.run(install)
    return done.returncode == 0


def _playwright_has_one() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        return os.path.exists(driver.chromium.executable_path)


main()
