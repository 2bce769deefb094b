"""What is said when nothing works names the college as it is called then."""

import asyncio

from pytest_django import Settings

from quadline.config import refusals
from quadline.config.tests.test_before_threads import PLAIN, answer_of_a_cancelled


def test_a_page_that_is_kept_for_an_outage_is_kept_by_the_name(
    settings: Settings,
) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN}
    refusals.refusal_page.cache_clear()
    _, _, first = asyncio.run(answer_of_a_cancelled("/inbox/"))
    settings.ENV = settings.ENV.model_copy(update={"college_name": "Birch College"})
    _, _, then = asyncio.run(answer_of_a_cancelled("/inbox/"))
    assert b"Birch College" in then
    assert b"Birch College" not in first
