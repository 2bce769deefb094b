"""Opt-outs through the API: the rows of the report, for those who may see it."""

import pytest

from quadline.api.tests.conftest import Programs
from quadline.delivery.tests.acts import number_row, reply, write
from tests.cast import Cast


@pytest.fixture
def bo_is_out(people: Cast) -> None:
    number_row(people.maya)
    write(people.maya, people.bo)
    reply(people.bo.mobile, "+17345550200", "STOP")


@pytest.mark.usefixtures("bo_is_out")
def test_an_opt_out_says_who_of_whose_number_and_how_they_come_back(
    people: Cast, program: Programs
) -> None:
    said = program(people.maya).get("opt-outs").json()

    [row] = said["opt_outs"]
    assert (row["students"], row["staff"], row["how"]) == (
        ["00100002"],
        "maya@alder.example",
        "Replied STOP",
    )
    assert row["way_back"] == "Text START to (734) 555-0200"
    assert (
        program(people.maya).get(f"opt-outs?after={said['cursor']}").json()["opt_outs"]
        == []
    )


@pytest.mark.usefixtures("bo_is_out")
def test_who_opts_out_again_comes_after_every_cursor(
    people: Cast, program: Programs
) -> None:
    cursor = program(people.maya).get("opt-outs").json()["cursor"]
    for word in ("START", "STOP"):
        reply(people.bo.mobile, "+17345550200", word)
    said = program(people.maya).get(f"opt-outs?after={cursor}").json()

    assert [row["students"] for row in said["opt_outs"]] == [["00100002"]]
    assert said["cursor"] > cursor


@pytest.mark.usefixtures("bo_is_out")
@pytest.mark.parametrize(
    ("who", "rows"), [("theo", 0), ("omar", 0), ("lena", 1), ("ada", 1), ("iris", 1)]
)
def test_each_sees_the_opt_outs_of_the_report(
    people: Cast, program: Programs, who: str, rows: int
) -> None:
    assert len(program(getattr(people, who)).get("opt-outs").json()["opt_outs"]) == rows


def test_an_active_number_says_what_it_is(people: Cast, program: Programs) -> None:
    number = number_row(people.maya)
    number.active_at = number.requested_at
    number.save()
    said = program(people.maya).get("numbers/me").json()

    assert (said["state"], said["phone"], said["written"]) == (
        "active",
        "+17345550200",
        "(734) 555-0200",
    )
    assert program(people.theo).get("numbers/me").json()["state"] == "none"
