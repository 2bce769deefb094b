"""How much mail is taken, from one sender and in all; time is passed in."""

from quadline.webhooks.mail import mail_rate
from quadline.webhooks.mail.mail_rate import MailRate


def taken(rate: MailRate, sender: str, count: int, *, now: float) -> int:
    return sum(rate.takes(sender, now=now) for _ in range(count))


def test_a_person_writes_as_much_as_people_do() -> None:
    assert taken(MailRate(), "bo@x.example", 30, now=0) == 30


def test_one_sender_has_a_burst_and_then_a_rate() -> None:
    rate = MailRate()
    assert taken(rate, "bo@x.example", 100, now=0) == mail_rate.EACH_BURST
    assert taken(rate, "Bo@X.example", 100, now=60) == 6
    assert taken(rate, "gus@x.example", 10, now=60) == 10


def test_a_clock_that_goes_back_fills_nothing() -> None:
    rate = MailRate()
    taken(rate, "bo@x.example", 100, now=1_000)
    assert taken(rate, "bo@x.example", 1, now=0) == 0


def test_all_senders_together_have_a_rate() -> None:
    rate = MailRate()
    many = (rate.takes(f"{n}@x.example", now=0) for n in range(5_000))
    assert sum(many) == mail_rate.ALL_BURST
    assert taken(rate, "late@x.example", 30, now=1) == 20


def test_returned_mail_has_no_sender_and_no_rate_of_its_own() -> None:
    assert taken(MailRate(), "", 1_000, now=0) == 1_000


def test_who_came_is_forgotten_before_there_are_too_many() -> None:
    rate = MailRate()
    for n in range(mail_rate.MAX_SENDERS + 500):
        rate.takes(f"{n}@x.example", now=n)
    assert len(rate._buckets) == mail_rate.MAX_SENDERS
    assert mail_rate.EVERYBODY in rate._buckets
