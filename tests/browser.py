"""A person at a browser: what journeys do on the screen, in the words of the screen."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.cast import PASSWORD

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# ms; how fast the house is, is measured elsewhere: a busy machine fails no test
PATIENCE = 120_000
STILL_LOADING = """{
  query: () => document.readyState === "complete" ? null : document.documentElement,
  queryAll: () => [document.documentElement].filter((root) => root && document.readyState !== "complete"),
}"""
# The first has no window, not even one that nobody sees: a page costs it a third of the
# processor time. It is also what Playwright brings itself.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def executable() -> str | None:
    """An installed Chromium, or None for the driver's own."""
    return os.environ.get("CHROMIUM") or next(
        (path for name in NAMES if (path := shutil.which(name))), None
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as driver:
        driver.selectors.register("page", script=STILL_LOADING, content_script=True)
        browser = driver.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Person:
    """One signed-in person, and every fault their browser met: script
    errors, refused content, failed loads.
    """

    page: Page
    house_url: str
    faults: list[str] = field(default_factory=list)

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        self.page.goto(f"{self.house_url}/accounts/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/inbox/**")

    def is_signed_in(self, session: str) -> None:
        """With a session that exists already, at the inbox."""
        self.page.context.add_cookies(
            [{"name": "session", "value": session, "url": self.house_url}]
        )
        self.page.goto(f"{self.house_url}/inbox/")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.house_url}{path}")


def person(browser: Browser, house_url: str, **context: Any) -> Person:
    """A new person in a browser window of their own. ``context`` as for
    Playwright: viewport, color_scheme …
    """
    window = browser.new_context(
        **{"viewport": {"width": 1280, "height": 820}} | context
    )
    window.set_default_timeout(PATIENCE)
    page = window.new_page()
    # A test acts on a page, or looks for something on it, when its scripts are there.
    # Keys do not wait: what comes before them does (`expect`, `wait_for_url`).
    page.add_locator_handler(page.locator("page=loading"), lambda: None)
    made = Person(page, house_url)
    page.on("pageerror", lambda error: made.faults.append(f"script: {error}"))
    page.on(
        "console",
        lambda line: (
            made.faults.append(f"console: {line.text}")
            if line.type == "error"
            else None
        ),
    )
    page.on(
        "response",
        lambda answer: (
            made.faults.append(f"{answer.status} {answer.url}")
            if answer.status >= 500
            else None
        ),
    )
    return made
