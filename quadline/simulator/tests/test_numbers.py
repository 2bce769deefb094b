"""Numbers through the official client: found, bought, attached, listed, released."""

import phonenumbers
import pytest
from twilio.base.exceptions import TwilioRestException

from quadline.simulator.tests.college import College
from quadline.simulator.tests.driver import SERVICE, Simulator, official_client


def test_a_search_finds_valid_numbers_of_the_area_code(simulator: Simulator) -> None:
    found = simulator.client.available_phone_numbers("US").local.list(
        area_code=734, limit=20
    )
    assert len(found) == 20
    for each in found:
        assert each.phone_number.startswith("+1734")
        assert phonenumbers.is_valid_number(phonenumbers.parse(each.phone_number))
        assert each.locality == "Ann Arbor"
        assert each.capabilities["sms"]


def test_a_search_is_the_same_every_time_and_never_offers_an_owned_number(
    simulator: Simulator,
) -> None:
    local = simulator.client.available_phone_numbers("US").local
    first = [each.phone_number for each in local.list(area_code=313, limit=3)]
    assert first == [each.phone_number for each in local.list(area_code=313, limit=3)]
    bought = simulator.client.incoming_phone_numbers.create(phone_number=first[0])
    bought.delete()
    assert first[0] not in [
        each.phone_number for each in local.list(area_code=313, limit=30)
    ]


def test_a_search_near_a_number_stays_in_its_state(simulator: Simulator) -> None:
    simulator.post("settings", empty_area_codes=["734"])
    local = simulator.client.available_phone_numbers("US").local
    assert local.list(area_code=734) == []
    assert {
        each.region for each in local.list(near_number="+17345550100", limit=5)
    } == {"MI"}
    assert {each.region for each in local.list(in_region="CO", limit=5)} == {"CO"}


def test_canada_has_its_own_numbers(simulator: Simulator) -> None:
    found = simulator.client.available_phone_numbers("CA").local.list(
        area_code=416, limit=1
    )
    assert found[0].iso_country == "CA"


def test_a_bought_number_keeps_what_it_was_given(simulator: Simulator) -> None:
    numbers = simulator.client.incoming_phone_numbers
    bought = numbers.create(
        area_code="734",
        friendly_name="quadline:order:7",
        sms_url="http://127.0.0.1:1/sms",
    )
    numbers(bought.sid).update(voice_url="http://127.0.0.1:1/voice")
    found = numbers.list(friendly_name="quadline:order:7")
    assert [each.sid for each in found] == [bought.sid]
    assert found[0].sms_url.endswith("/sms")
    assert found[0].voice_url.endswith("/voice")
    assert found[0].capabilities["sms"]
    assert found[0].status == "in-use"
    assert numbers.list(phone_number=bought.phone_number)[0].sid == bought.sid
    assert [line["kind"] for line in simulator.ledger("purchase", "adopt-list")] == [
        "purchase",
        "adopt-list",
        "adopt-list",
    ]


def test_a_number_is_bought_once(simulator: Simulator) -> None:
    bought = simulator.client.incoming_phone_numbers.create(area_code="734")
    assert _code(simulator, phone_number=bought.phone_number) == 21422
    assert len(simulator.ledger("purchase")) == 1


def test_areas_without_numbers_and_areas_that_are_none(simulator: Simulator) -> None:
    simulator.post("settings", empty_area_codes=["616"])
    assert _code(simulator, area_code="616") == 21452
    assert _code(simulator, area_code="001") == 21451
    assert _code(simulator, phone_number="+1123") == 21421


def test_long_lists_come_in_pages(simulator: Simulator) -> None:
    numbers = simulator.client.incoming_phone_numbers
    bought = {numbers.create(area_code="734").sid for _ in range(7)}
    assert {each.sid for each in numbers.list(page_size=3)} == bought
    for sid in bought:
        simulator.client.messaging.v1.services(SERVICE).phone_numbers.create(sid)
    members = simulator.client.messaging.v1.services(SERVICE).phone_numbers
    assert {each.sid for each in members.list(page_size=2)} == bought


def test_a_number_belongs_to_one_service_once(
    simulator: Simulator, college: College
) -> None:
    services = simulator.client.messaging.v1.services
    other = services.create(friendly_name="Other")
    sid = simulator.client.incoming_phone_numbers.create(area_code="734").sid
    member = services(SERVICE).phone_numbers.create(phone_number_sid=sid)
    assert (
        services(SERVICE).phone_numbers(sid).fetch().phone_number == member.phone_number
    )
    for service, code in ((SERVICE, 21710), (other.sid, 21712)):
        with pytest.raises(TwilioRestException) as refused:
            services(service).phone_numbers.create(phone_number_sid=sid)
        assert (refused.value.code, refused.value.status) == (code, 409)


def test_a_released_number_is_gone(simulator: Simulator, advisor_number: str) -> None:
    sid = simulator.client.incoming_phone_numbers.list(phone_number=advisor_number)[
        0
    ].sid
    service = simulator.client.messaging.v1.services(SERVICE)
    assert service.phone_numbers(sid).delete()
    assert simulator.client.incoming_phone_numbers(sid).delete()
    assert simulator.client.incoming_phone_numbers.list() == []
    assert service.phone_numbers.list() == []
    assert simulator.refused(advisor_number) == 21606


def test_the_wrong_token_is_refused(simulator: Simulator) -> None:
    stranger = official_client(simulator.url, token="wrong")
    with pytest.raises(TwilioRestException) as refused:
        stranger.incoming_phone_numbers.create(area_code="734")
    assert (refused.value.code, refused.value.status) == (20003, 401)


def _code(simulator: Simulator, **wish: str) -> int:
    with pytest.raises(TwilioRestException) as refused:
        simulator.client.incoming_phone_numbers.create(**wish)
    return int(refused.value.code)
