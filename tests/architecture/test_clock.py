"""Nobody in the house reads the clock of the machine: what is due is due by the
database's (quadline/clock.py).
"""

import ast
from collections.abc import Iterator

from tests.architecture.source import code_of_the_house, nodes

READINGS = {
    "timezone.now",
    "datetime.now",
    "datetime.utcnow",
    "time.time",
    "time.time_ns",
    "date.today",
    "datetime.today",
    "utils.utcnow",
}
# The house beside: a carrier has a clock of its own. A header that is a date is
# compared with the machine's.
OTHERS = {"quadline/carriers/twilio_answers.py"}
# Written by the ORM from the machine's clock. These say when a row was made, and decide
# nothing.
MADE_BY_THE_ORM = {
    "quadline/accounts/models.py",
    "quadline/audit/models.py",
    "quadline/broadcasts/models.py",
    "quadline/conversations/models.py",
}


def readings() -> Iterator[tuple[str, str]]:
    for path in code_of_the_house():
        if "simulator" in path.parts:
            continue
        for node in nodes(path):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                name = f"{node.value.id}.{node.attr}"
                if name in READINGS:
                    yield str(path), name


def test_nobody_reads_the_clock_of_the_machine() -> None:
    assert {path for path, _ in readings()} <= OTHERS, list(readings())


def test_times_the_orm_writes_decide_nothing() -> None:
    written = {
        str(path)
        for path in code_of_the_house()
        if "auto_now" in path.read_text() and "simulator" not in path.parts
    }

    assert written == MADE_BY_THE_ORM
