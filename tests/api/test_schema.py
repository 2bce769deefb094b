"""The whole API against its own description: whatever is sent, nothing undocumented
comes back, and no fault of ours.
"""

import os
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from pytest_django import Settings

from quadline.accounts.models import ApiToken
from quadline.accounts.tokens import digest_of
from quadline.delivery.tests.acts import number_row, write
from tests.cast import Cast

TOKEN = "ql_of-a-program-that-sends-anything"
MANY = int(os.environ.get("API_EXAMPLES", "12"))  # for each operation; more by hand
BOUNDED = settings(
    max_examples=MANY,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
    stateful_step_count=8,
)
WHO_IS_THERE: dict[str, dict[str, Any]] = {
    "POST /api/v1/messages": {"student": "00100001"},
    "POST /api/v1/broadcasts": {"audience": {"ids": ["00100001", "00100002"]}},
}
GO_ON = {
    "get_message",
    "list_messages",
    "get_broadcast",
    "pause_broadcast",
    "resume_broadcast",
    "stop_broadcast",
}
# 422 also where the description cannot say why: a phone number that nobody can have, an
# audience of nobody.
CONFIG = schemathesis.Config.from_dict(
    {
        "auth": {"openapi": {"Token": {"bearer": TOKEN}}},
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "401", "403", "404", "409", "422"]
            }
        },
    }
)
with warnings.catch_warnings():
    # of the static files that only a deployment collects
    warnings.simplefilter("ignore", UserWarning)
    APP = get_wsgi_application()
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", APP, config=CONFIG)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The test's own: a request does not end its transaction, as
    Django's test client sees to as well.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def a_college(
    one_connection: None, people: Cast, settings: Settings, tmp_path: Any
) -> Cast:
    """The cast, some messages, and an administrator whose token is known, so
    that every operation does something.
    """
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    }
    kept = {
        "prefix": TOKEN[:8],
        "digest": digest_of(TOKEN),
        "created_at": timezone.now(),
    }
    ApiToken.objects.create(user=people.ada, name="Anything", **kept)
    number_row(people.ada)
    write(people.ada, people.rosa)
    return people


@pytest.mark.usefixtures("a_college")
@schema.parametrize()
@BOUNDED
def test_each_operation_keeps_to_its_description(case: Any) -> None:
    case.call_and_validate()


class Journey(schema.as_state_machine()):  # type: ignore[misc]  # made at run time
    """Operations one after the other, each with what earlier ones
    made; who is written to is there.
    """

    succeeded: ClassVar[set[str]] = set()

    def setup(self) -> None:
        """Every journey begins in the same college: what one made would
        change the next, and its replay.
        """
        self.beginning = transaction.savepoint()

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.beginning)

    def before_call(self, case: Any) -> None:
        if case.meta.generation.mode.is_positive and isinstance(case.body, dict):
            case.body |= WHO_IS_THERE.get(case.operation.label, {})

    def after_call(self, response: Any, case: Any) -> None:
        if response.status_code < 300:
            self.succeeded.add(case.operation.definition.raw["operationId"])


def test_what_one_operation_makes_the_others_go_on_with(a_college: Cast) -> None:
    """Chance decides which ways are gone; a few more journeys
    when it left out one that must be.
    """
    for at in range(5):
        if at == 0 or not Journey.succeeded >= GO_ON:
            Journey.run(
                settings=settings(BOUNDED, max_examples=3 * MANY, derandomize=at == 0)
            )

    assert Journey.succeeded >= GO_ON
