"""What counts as reached."""

from bench.figures import Reach, Result, Row, Work, p95
from bench.table import written

AT_LEAST_HALF = Row("hand over", "texts/s", "a bare loop", Reach(at_least=0.5))
PACE = Row("pace", "texts/s", "the rate itself", Reach(at_least=0.95, at_most=1.0))


def test_the_ratio_is_of_the_medians() -> None:
    assert Result(AT_LEAST_HALF, [10, 1000, 20], [40, 30, 50]).ratio == 0.5


def test_half_is_enough_where_half_is_asked() -> None:
    assert Result(AT_LEAST_HALF, [20], [40]).is_met
    assert not Result(AT_LEAST_HALF, [19], [40]).is_met


def test_a_pace_above_its_rate_is_not_met() -> None:
    assert Result(PACE, [1.0], [1]).is_met
    assert not Result(PACE, [1.01], [1]).is_met
    assert not Result(PACE, [0.94], [1]).is_met


def test_nothing_measured_meets_no_least() -> None:
    assert not Result(AT_LEAST_HALF, [0], [0]).is_met


def test_nineteen_in_twenty_are_not_above_p95() -> None:
    assert sum(figure > p95(list(range(100))) for figure in range(100)) <= 5


def test_quick_work_is_smaller() -> None:
    assert Work(is_quick=True).of(50_000, quick=4_000) == 4_000
    assert Work(share=0.5).of(50_000, quick=4_000) == 25_000


def test_the_table_says_what_is_missed() -> None:
    assert " NO " in written([Result(AT_LEAST_HALF, [1], [40])])
