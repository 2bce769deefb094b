"""Make sure there is a Chromium for the browser tests,
or say how to get one and fail.
"""

import os
import shutil
import subprocess
import sys

WITHOUT_WINDOW = "chromium-headless-shell"
WITH_WINDOW = ("chromium", "chromium-browser", "google-chrome")
# The sample has texts in many scripts, and emoji.
FONTS = ("fonts-noto-color-emoji", "fonts-noto-core", "fonts-noto-cjk")
# A machine without a network does not wait long, and takes what there is.
BRIEFLY = ("-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10")


def main() -> None:
    if os.environ.get("CHROMIUM") or shutil.which(WITHOUT_WINDOW):
        return
    has_one = any(shutil.which(name) for name in WITH_WINDOW) or _playwright_has_one()
    if has_one and not _may_use_apt():
        return
    print("Fetching a Chromium for the browser tests …", flush=True)
    if _by_apt(WITHOUT_WINDOW) or has_one:
        return
    if not _by_apt(WITH_WINDOW[0]) and not _by_playwright():
        sys.exit(
            "No Chromium could be fetched. Install one (Debian: apt-get install"
            " chromium) or set CHROMIUM to its path."
        )


def _may_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _by_apt(browser: str) -> bool:
    if not _may_use_apt():
        return False
    silent = {
        "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    subprocess.run(["apt-get", "update", "-q", *BRIEFLY], **silent)
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *BRIEFLY]
    return subprocess.run([*install, browser, *FONTS], **silent).returncode == 0


def _by_playwright() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command).returncode == 0


def _playwright_has_one() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        return os.path.exists(driver.chromium.executable_path)


main()
