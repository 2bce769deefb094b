"""Which days a report is about, on the campus clock."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.reports.filters import filters_of
from quadline.reports.period import period_of, spans, term_begin

DETROIT = ZoneInfo("America/Detroit")
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({}, date(2026, 10, 25), TODAY),
        ({"period": "7"}, date(2026, 11, 17), TODAY),
        ({"period": "term"}, date(2026, 8, 1), TODAY),
        ({"period": "all"}, None, TODAY),
        ({"period": "nonsense"}, date(2026, 10, 25), TODAY),
        ({"from": "2026-11-01"}, date(2026, 11, 1), TODAY),
        ({"to": "2026-11-01"}, None, date(2026, 11, 1)),
        (
            {"from": "2026-11-05", "to": "2026-11-01"},
            date(2026, 11, 1),
            date(2026, 11, 5),
        ),
        ({"from": "2026-11-05", "to": "x", "period": "7"}, date(2026, 11, 5), TODAY),
        ({"from": "0001-01-01", "to": "9999-12-31"}, date(2026, 10, 25), TODAY),
    ],
)
def test_an_address_names_the_days(
    asked: dict[str, str], first: date | None, last: date
) -> None:
    period = period_of(asked, today=TODAY, zone=DETROIT)

    assert (period.first, period.last) == (first, last)
    assert period_of(period.query, today=TODAY, zone=DETROIT) == period


def test_a_day_is_from_midnight_to_midnight_whatever_the_clocks_do() -> None:
    autumn = period_of(
        {"from": "2026-11-01", "to": "2026-11-01"}, today=TODAY, zone=DETROIT
    )
    spring = period_of(
        {"from": "2027-03-14", "to": "2027-03-14"}, today=TODAY, zone=DETROIT
    )
    assert autumn.since
    assert spring.since

    assert autumn.since.astimezone(UTC) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert autumn.until.astimezone(UTC) - autumn.since.astimezone(UTC) == timedelta(
        hours=25
    )
    assert spring.until.astimezone(UTC) - spring.since.astimezone(UTC) == timedelta(
        hours=23
    )


@pytest.mark.parametrize(
    ("day", "begin"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-05-31", "2026-01-01"),
        ("2026-07-31", "2026-06-01"),
        ("2026-12-31", "2026-08-01"),
    ],
)
def test_terms_begin_in_january_june_and_august(day: str, begin: str) -> None:
    assert term_begin(date.fromisoformat(day)) == date.fromisoformat(begin)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 900))
def test_spans_cover_every_day_of_a_period_once(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    cut = spans(
        period_of(
            {"from": first.isoformat(), "to": last.isoformat()},
            today=TODAY,
            zone=DETROIT,
        )
    )

    assert (cut[0].first, cut[-1].last) == (first, last)
    assert all(
        after.first == before.last + timedelta(days=1)
        for before, after in itertools.pairwise(cut)
    )
    assert len(cut) <= 62
    assert {each.unit for each in cut} == {
        "day" if days < 62 else "week" if days < 371 else "month"
    }


TEXT = st.text(max_size=12) | st.sampled_from(
    ["1", "99999999999999999999", "2026-02-30", "email", "single", "\0"]
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "staff",
                "from",
                "to",
                "period",
                "channel",
                "part",
                "weekday",
                "hour",
                "broadcast",
            ]
        ),
        TEXT,
    )
)
def test_any_address_can_be_read_and_written_back(asked: dict[str, str]) -> None:
    filters = filters_of(asked, today=TODAY, zone=DETROIT)

    assert filters_of(filters.query, today=TODAY, zone=DETROIT) == filters
