"""The ladder a message climbs: rank only rises, whatever
news comes in whatever order.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadline.conversations.rules import (
    BEFORE_AN_ATTEMPT,
    FINAL_STATUSES,
    NEVER_REACHED_THE_STUDENT,
    RANK,
    STATUS_WORDS,
    Status,
    may_climb,
)

statuses = st.sampled_from(list(Status))
OUTBOUND = [status for status in Status if status is not Status.RECEIVED]


def climbed(current: Status, news: list[Status]) -> list[Status]:
    """Where a message stands after each piece of news."""
    stands = [current]
    for status in news:
        stands.append(status if may_climb(stands[-1], status) else stands[-1])
    return stands


@given(
    start=st.sampled_from(OUTBOUND),
    news=st.lists(
        statuses.filter(lambda status: status is not Status.RECEIVED), max_size=12
    ),
)
def test_no_sequence_of_news_ever_lowers_the_rank(
    start: Status, news: list[Status]
) -> None:
    ranks = [RANK[status] for status in climbed(start, news)]

    assert ranks == sorted(ranks)


@given(news=st.lists(statuses, max_size=12))
def test_a_reply_stays_received(news: list[Status]) -> None:
    assert set(
        climbed(
            Status.RECEIVED,
            [status for status in news if status is not Status.RECEIVED],
        )
    ) == {Status.RECEIVED}


@given(
    order=st.permutations(
        [Status.SENT, Status.UNDELIVERED, Status.FAILED, Status.DELIVERED]
    )
)
def test_a_phone_that_has_the_text_has_it_in_whatever_order_receipts_come(
    order: list[Status],
) -> None:
    assert climbed(Status.SENDING, order)[-1] is Status.DELIVERED


@given(
    order=st.permutations(
        [Status.SENT, Status.UNDELIVERED, Status.SENT, Status.SENDING]
    )
)
def test_a_failure_is_not_undone_by_late_news_of_the_way(order: list[Status]) -> None:
    assert climbed(Status.QUEUED, order)[-1] is Status.UNDELIVERED


@pytest.mark.parametrize("news", OUTBOUND)
def test_what_was_blocked_can_only_become_an_email(news: Status) -> None:
    assert may_climb(Status.BLOCKED, news) is (
        news in (Status.EMAILED, Status.UNREACHED)
    )


@pytest.mark.parametrize("news", OUTBOUND)
def test_what_was_taken_back_stays_taken_back(news: Status) -> None:
    assert not may_climb(Status.CANCELLED, news)


@pytest.mark.parametrize(
    ("current", "following", "may"),
    [
        (Status.WAITING, Status.QUEUED, True),
        (Status.QUEUED, Status.WAITING, False),
        (Status.QUEUED, Status.SENDING, True),
        (Status.SENDING, Status.QUEUED, False),
        (Status.SENDING, Status.UNCONFIRMED, True),
        (Status.UNCONFIRMED, Status.SENT, True),
        (Status.SENT, Status.SENT, False),
        (Status.SENT, Status.DELIVERED, True),
        (Status.DELIVERED, Status.FAILED, False),
        (Status.SENT, Status.CANCELLED, False),
        (Status.SENDING, Status.CANCELLED, False),
        (Status.SENT, Status.BLOCKED, False),
        # claimed, and stopped at the last look at consent
        (Status.SENDING, Status.BLOCKED, True),
        # not at the carrier after all, and opted out meanwhile
        (Status.UNCONFIRMED, Status.BLOCKED, True),
        (Status.FAILED, Status.DELIVERED, True),
        (Status.FAILED, Status.UNDELIVERED, False),
        (Status.FAILED, Status.EMAILED, True),
        (Status.EMAILED, Status.DELIVERED, False),
        (Status.DELIVERED, Status.EMAILED, False),
        (Status.SENT, Status.EMAILED, False),
        (Status.EMAILED, Status.UNREACHED, True),  # the email bounced
        (Status.SENT, Status.BOUNCED, True),  # an email
        (Status.UNREACHED, Status.EMAILED, False),
    ],
)
def test_each_step_of_the_ladder(current: Status, following: Status, may: bool) -> None:
    assert may_climb(current, following) is may


def test_every_status_has_a_rank_and_words_but_the_reply() -> None:
    assert RANK.keys() == set(OUTBOUND)
    assert STATUS_WORDS.keys() == set(Status)
    assert all(words for words, _, _ in STATUS_WORDS.values())


def test_what_is_over_does_not_count_as_waiting() -> None:
    assert FINAL_STATUSES.isdisjoint(BEFORE_AN_ATTEMPT)
    assert NEVER_REACHED_THE_STUDENT < FINAL_STATUSES
    assert "Read" not in {words for words, _, _ in STATUS_WORDS.values()}
