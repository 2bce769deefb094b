"""Every cause of an event has its words on the timeline, and none of them says that a text was handed over."""

import ast
import re

from quadline.consent.rules import Reason
from quadline.delivery import deadlines, failsafe, holding, night, out_of_reach, reach
from quadline.web.status_words import CAUSES, NEWS
from tests.architecture.source import code_of_the_house, nodes, text, tree

# Named by a constant where they are written.
NAMED = {night.HELD, holding.HELD, holding.GOES_ON, out_of_reach.HELD, out_of_reach.GOES_ON, deadlines.DEADLINE}
NAMED |= {failsafe.BY_HAND, reach.CLOSED}
# A message is blocked for what consent refuses; quiet hours and questions only hold it.
BLOCKED = {reason.value for reason in Reason} - {Reason.QUIET_HOURS.value}
INSERTED = re.compile(r"INSERT INTO conversations_messageevent.*?(?=\n    \)|\n\"\"\"|ON CONFLICT)", re.DOTALL)
QUOTED = re.compile(r"'([a-z][a-z _]+)'")
NOT_CAUSES = {"waiting", "queued", "sending", "sent", "received", "cancelled", "unconfirmed", "receipt"}


def written() -> set[str]:
    """The causes in calls of ``climb`` and models, and in the statements that insert events."""
    found: set[str] = set()
    for path in code_of_the_house():
        if path.parts[1] in ("numbers", "web", "api", "reports"):
            continue
        for node in nodes(path):
            if isinstance(node, ast.keyword) and node.arg == "cause" and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
        for statement in INSERTED.findall(text(path)):
            found |= set(QUOTED.findall(statement)) - NOT_CAUSES
    return found


def test_every_cause_that_is_written_has_its_words() -> None:
    causes = written() | NAMED | BLOCKED
    assert {"picked up", "accepted", "written", "broadcast stopped", "answer lost", "refused"} <= written()
    about_numbers = {"the networks registered it", "a probe got through"}
    assert causes - about_numbers - {"receipt"} - set(CAUSES) == set()


def test_only_what_the_carrier_or_the_mail_server_said_is_told_of_them() -> None:
    told = {cause for cause, words in CAUSES.items() if re.search(r"\bhas (it|the email)\b|[Hh]anded|[Dd]elivered", words)}
    assert told == {"accepted", "emailed"}
    assert all(tree(path) for path in code_of_the_house())
    assert set(NEWS) == {"sent", "delivered", "undelivered", "failed"}
