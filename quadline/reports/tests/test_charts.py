"""Bars say the numbers they are drawn from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.reports.charts import (
    BOTTOM_MARGIN,
    CHART_HEIGHT,
    LEFT_MARGIN,
    RIGHT_MARGIN,
    TOP_MARGIN,
    Bars,
    Column,
    Series,
    nice_top,
    shade,
)

KINDS = (
    Series("one", "One", "solid"),
    Series("two", "Two", "dots"),
    Series("three", "Three", "cross"),
)
COUNTS = st.tuples(*[st.integers(0, 100_000)] * 3)


@given(st.lists(COUNTS, max_size=62))
def test_a_block_is_as_high_as_its_number_and_stands_on_the_one_below(
    values: list[tuple[int, ...]],
) -> None:
    bars = Bars(
        "any",
        "In words.",
        KINDS,
        tuple(Column(str(place), each) for place, each in enumerate(values)),
    )
    top = nice_top(max((sum(each) for each in values), default=0))

    for drawing in bars.drawings:
        assert sum(block.value for block in drawing.blocks) == sum(
            sum(each) for each in values
        )
        for block in drawing.blocks:
            assert block.height == pytest.approx(
                block.value / top * (CHART_HEIGHT - TOP_MARGIN - BOTTOM_MARGIN),
                abs=0.01,
            )
            assert (
                TOP_MARGIN - 0.02
                <= block.y
                <= block.y + block.height
                <= CHART_HEIGHT - BOTTOM_MARGIN + 0.02
            )
            assert (
                LEFT_MARGIN
                <= block.x
                <= block.x + block.width
                <= drawing.width - RIGHT_MARGIN + 0.02
            )


@pytest.mark.parametrize(
    ("most", "top"),
    [
        (0, 2),
        (1, 2),
        (3, 4),
        (4, 4),
        (5, 10),
        (11, 20),
        (99, 100),
        (101, 200),
        (401, 1000),
    ],
)
def test_a_scale_ends_at_a_round_number(most: int, top: int) -> None:
    assert nice_top(most) == top


def test_a_shade_is_never_none_for_something() -> None:
    assert [shade(value, 100) for value in (0, 1, 20, 21, 60, 100)] == [
        0,
        1,
        1,
        2,
        3,
        5,
    ]
