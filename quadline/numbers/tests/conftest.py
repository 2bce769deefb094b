"""What the tests of numbers have in common: jobs run by hand, and
settings that change under a carrier.
"""

from collections.abc import Callable
from typing import Any

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from quadline.carriers import registry
from quadline.carriers.twilio import Twilio


@pytest.fixture
def reconfigure(twilio: Twilio, settings: Settings) -> Callable[..., None]:
    """Change settings of the environment, and have the
    carrier set up again from them.
    """

    def change(**changes: Any) -> None:
        settings.ENV = settings.ENV.model_copy(update=changes)
        registry.carrier.cache_clear()

    return change


@pytest.fixture
def run_letters(db: None) -> Callable[[], int]:
    """Run the letters that wait in their queue, each once, as the worker
    would. Returns how many there were.
    """
    done: set[int] = set()

    def run() -> int:
        waiting = list(
            ProcrastinateJob.objects.filter(queue_name="letters").exclude(pk__in=done)
        )
        for letter in waiting:
            app.tasks[letter.task_name](**letter.args)
            done.add(letter.pk)
        return len(waiting)

    return run
