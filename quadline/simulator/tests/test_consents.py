"""Opt-outs that the college tells of: kept like a student's own
STOP, and each item answered on its own.
"""

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from quadline.simulator.tests.driver import SERVICE, STUDENT, Simulator

CORRELATION = "ad388b5a46b33b874b0d41f7226db2ef"


def item(sender: str, **changes: str) -> dict[str, str]:
    facts = {
        "contact_id": STUDENT,
        "correlation_id": CORRELATION,
        "sender_id": sender,
        "status": "opt-out",
    }
    return (
        facts
        | {"source": "others", "date_of_consent": "2026-11-23T17:00:00Z"}
        | changes
    )


def tell(simulator: Simulator, *items: dict[str, str]) -> list[dict[str, Any]]:
    return list(
        simulator.client.accounts.v1.bulk_consents.create(items=list(items)).items
    )


@pytest.mark.parametrize("by_service", [False, True])
def test_who_was_told_of_is_refused_until_their_own_start(
    simulator: Simulator, advisor_number: str, by_service: bool
) -> None:
    told = tell(simulator, item(SERVICE if by_service else advisor_number))
    assert told == [
        {"correlation_id": CORRELATION, "error_code": 0, "error_messages": []}
    ]
    assert simulator.refused(advisor_number) == 21610
    simulator.text(advisor_number, "START")
    assert simulator.send(advisor_number).sid


def test_the_same_twice_is_kept_once_and_an_opt_in_lifts_it(
    simulator: Simulator, advisor_number: str
) -> None:
    for _ in range(2):
        tell(simulator, item(advisor_number))
    assert len(simulator.ledger("opt_out")) == 1
    tell(simulator, item(advisor_number, status="opt-in"))
    assert simulator.send(advisor_number).sid


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"contact_id": "734 555"}, "INVALID_CONTACT_ID"),
        ({"correlation_id": "1"}, "INVALID_CORRELATION_ID"),
        ({"status": "out"}, "INVALID_STATUS"),
        ({"source": "phone"}, "INVALID_SOURCE"),
        ({"date_of_consent": "2026-11-23"}, "INVALID_DATE_OF_CONSENT"),
        ({"sender_id": "+17345550000"}, "INVALID_SENDER_ID"),
    ],
)
def test_an_item_that_is_wrong_is_answered_by_itself(
    simulator: Simulator, advisor_number: str, change: dict[str, str], wrong: str
) -> None:
    good, bad = tell(simulator, item(advisor_number), item(advisor_number, **change))
    assert good["error_code"] == 0
    assert (bad["error_code"], bad["error_messages"]) == (30646, [wrong])


def test_too_many_items_are_refused(simulator: Simulator, advisor_number: str) -> None:
    with pytest.raises(TwilioRestException, match="1 to 25 items"):
        tell(simulator, *[item(advisor_number)] * 26)


def test_an_account_may_be_closed_to_it(
    simulator: Simulator, advisor_number: str
) -> None:
    simulator.fault("refuse", on="consents", code=20404, times=1)
    with pytest.raises(TwilioRestException) as refused:
        tell(simulator, item(advisor_number))
    assert refused.value.code == 20404
    assert tell(simulator, item(advisor_number))
