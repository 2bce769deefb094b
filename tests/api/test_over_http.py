"""The whole API against its own description once more, as programs reach it: over HTTP,
from uvicorn, with a worker behind.

Not in `make test`, which asks in this process (test_schema.py): `make faults LONG=1`.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from quadline.accounts.models import ApiToken
from quadline.accounts.tokens import digest_of
from tests.api.test_schema import TOKEN
from tests.cast import Cast
from tests.faults.test_first_texts import first_text
from tests.house import House, eventually
from tests.stage import people, the_house

__all__ = ["people", "the_house"]
pytestmark = pytest.mark.long
EXAMPLES = 60  # for each operation, and as many journeys
# As in test_schema.py: 422 also where the description cannot say why.
CONFIG = """
[auth.openapi.Token]
bearer = "{token}"
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
"""


def test_nothing_undocumented_comes_back_and_no_fault_of_ours(
    the_house: House, people: Cast, tmp_path: Path
) -> None:
    """Every check, also stateful: each operation on what others made."""
    kept = {
        "prefix": TOKEN[:8],
        "digest": digest_of(TOKEN),
        "created_at": timezone.now(),
    }
    ApiToken.objects.create(user=people.ada, name="Anything", **kept)
    first_text(people.ada, people.rosa, "Hello")
    eventually(lambda: the_house.simulator.accepts(to=people.rosa.mobile))
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(token=TOKEN))
    told = [
        "--max-examples",
        str(EXAMPLES),
        "--checks",
        "all",
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--seed",
        "7",
    ]
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        str(config),
        "run",
        *told,
    ]
    done = subprocess.run(
        [*command, f"{the_house.url}/api/v1/openapi.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    print(done.stdout[-6000:])
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
