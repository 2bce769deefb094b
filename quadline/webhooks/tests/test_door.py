"""What every webhook has in common: nothing forged, oversized or broken
comes in, and nothing makes it stumble.
"""

import pytest
from django.db import connections
from prometheus_client import REGISTRY

from quadline.consent.models import ConsentEntry
from quadline.conversations.models import Message
from quadline.numbers.models import SystemNumber
from quadline.webhooks.models import CarrierEvent
from quadline.webhooks.tests.conftest import FORM, Caller
from quadline.webhooks.views import MAX_CALL_BYTES
from tests.cast import Cast

stores = pytest.mark.django_db(transaction=True)
INBOUND, STATUS, VOICE, EVENTS = DOORS = [
    f"/webhooks/twilio/{kind}" for kind in ("inbound", "status", "voice", "events")
]
REGISTRATION = "com.twilio.messaging.compliance.number-registration"


def stop(number: SystemNumber, people: Cast) -> dict[str, str]:
    return {
        "MessageSid": "SM1",
        "From": people.rosa.mobile,
        "To": number.phone,
        "Body": "STOP",
    }


def stored() -> tuple[int, ...]:
    return tuple(
        model.objects.count() for model in (CarrierEvent, Message, ConsentEntry)
    )


@stores
def test_a_forged_call_is_refused_and_nothing_is_stored(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    form = stop(number, committed_people)
    for path in DOORS:
        for signature in ("", "nonsense", "bm90IHRydWU=", "\xe9\xff", "x" * 10_000):
            assert carrier.post(path, form, signature=signature).status == 403
        assert Caller(token="another account's").post(path, form).status == 403
        assert carrier.call(path, b"Body=STOP", FORM, None).status == 403
        # body not signed
        assert (
            carrier.call(
                path, b'{"a": 1}', "application/json", carrier.signature(path, {})
            ).status
            == 403
        )
    assert stored() == (0, 0, 0)


@stores
def test_each_forged_call_is_counted_and_a_true_one_is_not(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("quadline_webhooks_forged_total") or 0.0

    before = counted()
    for path in DOORS:
        carrier.post(path, stop(number, committed_people), signature="nonsense")
    carrier.post(INBOUND, stop(number, committed_people))
    assert counted() - before == len(DOORS)


@stores
def test_a_true_signature_of_another_call_is_refused(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    true = {**stop(number, committed_people), "Body": "Hello"}
    signature = carrier.signature(INBOUND, true)
    assert carrier.post(INBOUND, true, signature=signature).status == 200
    assert (
        carrier.post(
            INBOUND, stop(number, committed_people), signature=signature
        ).status
        == 403
    )
    assert carrier.post(STATUS, true, signature=signature).status == 403
    assert stored() == (1, 1, 0)


@stores
def test_the_host_header_decides_nothing(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    for host in ("evil.example", "texting.alder.example:8443", "[", "a b", "", "x/?y="):
        carrier.headers = {
            "host": host,
            "x-forwarded-host": host,
            "x-forwarded-proto": "gopher",
        }
        assert carrier.post(INBOUND, stop(number, committed_people)).status == 200
    assert stored() == (1, 1, 1)


@pytest.mark.parametrize("path", DOORS)
def test_only_post_is_answered(carrier: Caller, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert carrier.call(path, b"", FORM, None, method=method).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/telnyx/inbound",
        "/webhooks/__class__/status",
        "/webhooks/twilio/other",
    ],
)
def test_an_unknown_carrier_or_kind_is_not_found(carrier: Caller, path: str) -> None:
    assert carrier.post(path, {}).status == 404


def test_a_body_that_is_too_large_is_not_read_to_its_end(carrier: Caller) -> None:
    assert carrier.call(INBOUND, b"x" * (MAX_CALL_BYTES + 1), FORM, None).status == 413
    assert carrier.call(INBOUND, b"x" * MAX_CALL_BYTES, FORM, None).status == 403


@pytest.mark.parametrize("content_type", [FORM, "application/json", ""])
def test_unsigned_noise_is_refused_not_stumbled_over(
    carrier: Caller, content_type: str
) -> None:
    for query in (
        "\xff\xfe",
        "%ff",
        "a=1&a=2",
        "\x00",
        "bodySHA256=",
        "bodySHA256=x&bodySHA256=y",
    ):
        for body in (b"", b"\xff\xfe\x00", b"=&=&&;%%%", b"{", b"[" * 100_000):
            assert (
                carrier.call(f"{EVENTS}?{query}", body, content_type, "AAAA").status
                == 403
            )


@stores
def test_a_signed_call_that_cannot_be_read_is_refused_as_such(
    carrier: Caller, committed_people: Cast, number: SystemNumber
) -> None:
    whole = stop(number, committed_people)
    for name in ("MessageSid", "From", "To"):
        assert (
            carrier.post(
                INBOUND, {key: value for key, value in whole.items() if key != name}
            ).status
            == 400
        )
        assert carrier.post(INBOUND, {**whole, name: ""}).status == 400
    for sid in ("x" * 65, "SM\x00"):
        assert carrier.post(INBOUND, {**whole, "MessageSid": sid}).status == 400
    assert carrier.post(VOICE, {"From": committed_people.rosa.mobile}).status == 400
    assert stored() == (0, 0, 0)


@stores
def test_a_signed_event_that_is_none_is_refused_as_such(
    carrier: Caller, number: SystemNumber
) -> None:
    noise: list[object] = [None, 7, "text", {}, [1], [None], ["x"], [[]]]
    bad_data: list[object] = [None, [1], "x"]
    noise += [
        [{"type": f"{REGISTRATION}.failed", "id": "EZ1", "data": data}]
        for data in bad_data
    ]
    noise += [
        [{"type": f"{REGISTRATION}.failed", "id": "EZ1"}],
        [{"type": f"{REGISTRATION}.failed", "data": {}}],
    ]
    for content in (b"", b"{", b"[" * 100_000, *noise):
        assert carrier.post_json(EVENTS, content).status == 400, content
    # not for us
    assert (
        carrier.post_json(
            EVENTS, [{"type": "com.twilio.messaging.message.sent", "id": "EZ1"}]
        ).status
        == 200
    )
    assert stored() == (0, 0, 0)


@stores
def test_while_the_database_is_away_the_carrier_is_asked_to_come_again(
    carrier: Caller,
    committed_people: Cast,
    number: SystemNumber,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as away:
        away.setitem(connections["default"].settings_dict, "HOST", "/nowhere")
        assert carrier.post(INBOUND, stop(number, committed_people)).status == 503
    assert carrier.post(INBOUND, stop(number, committed_people)).status == 200
    assert stored() == (1, 1, 1)
