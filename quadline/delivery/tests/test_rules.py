"""When to try again, when to look, when to stop."""

from datetime import timedelta

import pytest

from quadline.carriers.protocol import Failure, Remedy
from quadline.consent import ledger
from quadline.delivery.failure_policy import (
    BAD_NUMBER_AFTER,
    FOLLOW_UPS,
    FailureSource,
    FollowUp,
    concerns_administrators,
    follow_up_of,
)
from quadline.delivery.rules import (
    ATTEMPT_LOST_AFTER,
    CALL_ENDED_AFTER,
    CLAIM_VALID_FOR,
    CONSENT_CHECK_VALID_FOR,
    EMAIL_LOST_AFTER,
    FIRST_LOOK_AFTER,
    MAX_LOOKUPS,
    MAX_RETRY_WAIT,
    SECOND_LOOK_AFTER,
    asks_before_another,
    next_look_after,
    wait_before_resend,
    wait_before_retry,
)

LONGEST_CALL = timedelta(seconds=15)  # carriers/twilio.py, SEND_TIMEOUT


@pytest.mark.parametrize(
    ("attempts", "asked_for", "jitter", "seconds"),
    [
        (1, 0.0, 0.5, 2),
        (2, 0.0, 0.5, 4),
        (3, 0.0, 0.5, 8),
        (3, 0.0, 0.0, 6),
        (3, 0.0, 1.0, 10),
        (7, 0.0, 0.5, 128),
        (9, 0.0, 0.5, 300),  # never longer than five minutes by ourselves
        (5000, 0.0, 1.0, 300),
        (1, 7.0, 0.0, 7),  # as asked by the carrier
        (1, 10.0, 1.0, 11),
        (9, 3600.0, 0.0, 3600),
    ],
)
def test_a_text_is_tried_again_as_asked_else_ever_later(
    attempts: int, asked_for: float, jitter: float, seconds: float
) -> None:
    wait = wait_before_retry(attempts, asked_for=asked_for, jitter=jitter)
    assert wait == timedelta(seconds=seconds)
    assert asked_for or wait <= MAX_RETRY_WAIT


@pytest.mark.parametrize(
    ("looks", "after"),
    [(0, FIRST_LOOK_AFTER), (1, SECOND_LOOK_AFTER), (MAX_LOOKUPS, None), (9, None)],
)
def test_the_carriers_log_is_read_twice(looks: int, after: timedelta | None) -> None:
    assert next_look_after(looks) == after


def test_nobody_settles_an_attempt_that_may_still_be_made() -> None:
    assert CLAIM_VALID_FOR + LONGEST_CALL <= CALL_ENDED_AFTER < ATTEMPT_LOST_AFTER


STEPS_AT_A_REFUSAL = {
    Remedy.BAD_NUMBER: FollowUp.EMAIL_NOW,
    Remedy.OPTED_OUT: FollowUp.EMAIL_NOW,
    Remedy.THIS_TEXT: FollowUp.EMAIL_NOW,
    Remedy.UNKNOWN: FollowUp.EMAIL_NOW,
    Remedy.LATER: FollowUp.TRY_UNTIL_DEADLINE,
    Remedy.COLLEGE: FollowUp.TRY_BRIEFLY,
}


def test_every_class_has_a_step_at_each_moment() -> None:
    assert {(moment, remedy) for moment in FailureSource for remedy in Remedy} == set(
        FOLLOW_UPS
    )


@pytest.mark.parametrize("failure", Failure)
def test_what_the_carrier_had_taken_is_never_handed_over_again(
    failure: Failure,
) -> None:
    assert follow_up_of(FailureSource.RECEIPT, failure) is FollowUp.EMAIL_AFTER_HOLD


@pytest.mark.parametrize("failure", Failure)
def test_what_follows_a_refusal_depends_on_its_class_alone_but_for_a_number_that_is_new(
    failure: Failure,
) -> None:
    is_new = failure in (Failure.NOT_REGISTERED, Failure.NOT_IN_CAMPAIGN)
    assert follow_up_of(FailureSource.REFUSAL, failure) is (
        FollowUp.TRY_UNTIL_DEADLINE if is_new else STEPS_AT_A_REFUSAL[failure.remedy]
    )


def test_only_failures_of_phones_count_against_them() -> None:
    assert all(failure.remedy is Remedy.BAD_NUMBER for failure in BAD_NUMBER_AFTER)
    assert {
        failure for failure in Failure if failure.remedy is Remedy.BAD_NUMBER
    } == set(BAD_NUMBER_AFTER)


def test_administrators_hear_of_what_they_can_fix() -> None:
    told = {failure for failure in Failure if concerns_administrators(failure)}
    assert told == {
        failure for failure in Failure if failure.remedy is Remedy.COLLEGE
    } | {Failure.FILTERED}


@pytest.mark.parametrize(
    ("tries", "minutes"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 15), (6, 15), (9999, 15)],
)
def test_an_email_is_tried_again_ever_later_but_every_quarter_hour(
    tries: int, minutes: int
) -> None:
    assert wait_before_resend(tries, is_about_server=False, jitter=0.5) == timedelta(
        minutes=minutes
    )
    assert wait_before_resend(
        tries, is_about_server=False, jitter=0
    ) < wait_before_resend(tries, is_about_server=False, jitter=1)


def test_a_mail_server_that_is_away_is_asked_again_every_other_minute() -> None:
    waits = [
        wait_before_resend(tries, is_about_server=True, jitter=0.5)
        for tries in (1, 2, 5, 9999)
    ]
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 2, 2)]


def test_nobody_takes_up_an_email_that_may_still_be_under_way() -> None:
    step_of_a_mail_server = timedelta(seconds=10)  # config/settings.py, EMAIL_TIMEOUT
    # MAIL, RCPT, DATA, the letter, its answer
    assert 5 * step_of_a_mail_server < EMAIL_LOST_AFTER


def test_a_stop_outwaits_a_call_that_begins_as_late_as_it_may() -> None:
    """A call shorter than three seconds is over before the STOP gives up
    (docs/adr/0003-sending-policy.md).
    """
    assert timedelta(
        milliseconds=ledger.LOCK_TIMEOUT_MS
    ) - CONSENT_CHECK_VALID_FOR >= timedelta(seconds=3)


@pytest.mark.parametrize(
    ("texts", "asks"), [(0, False), (19, False), (20, True), (59, True)]
)
def test_the_twenty_first_text_within_a_minute_is_a_question(
    texts: int, asks: bool
) -> None:
    assert asks_before_another(texts) is asks
