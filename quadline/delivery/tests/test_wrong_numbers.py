"""The wrong-number button and the consent that staff record: what follows for texts,
emails and the record.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from quadline.accounts.models import User
from quadline.audit.models import AuditEntry
from quadline.conversations.models import Message
from quadline.conversations.rules import Status
from quadline.delivery.models import OutgoingEmail
from quadline.delivery.phones.consent_records import record_phone_consent
from quadline.delivery.phones.wrong_numbers import (
    PhoneRefused,
    confirm_number,
    flag_wrong_number,
)
from quadline.delivery.tests.acts import fresh, mail_due, number_row, reply, write
from quadline.numbers.models import SystemNumber
from quadline.roster.models import PhoneEvidence, Student
from quadline.roster.phones.rules import EvidenceStatus
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def mayas(people: Cast) -> SystemNumber:
    return number_row(people.maya)


def flag(student: Student, actor: User) -> object:
    return flag_wrong_number(student=student, actor=actor, now=timezone.now())


def confirm(student: Student, actor: User) -> bool:
    return confirm_number(student=student, actor=actor, now=timezone.now())


def test_what_waits_becomes_an_email_and_the_student_is_told_once(
    people: Cast, mayas: SystemNumber, mailoutbox: list[object]
) -> None:
    text = write(people.maya, people.rosa)
    assert flag(people.rosa, people.maya) == (1, True)
    text = fresh(text)
    assert (text.status, text.reason) == (Status.BLOCKED, "wrong_number")
    told = Message.objects.get(channel="email")
    assert "ending in 0141, is not yours" in told.body
    assert "answer" in told.body.lower()
    assert OutgoingEmail.objects.count() == 2
    again = write(people.maya, people.rosa)
    assert (again.status, again.reason) == (Status.BLOCKED, "wrong_number")
    mail_due()
    assert fresh(told).status == Status.SENT
    assert len(mailoutbox) == 3


def test_the_email_says_where_the_number_is_corrected(
    people: Cast, mayas: SystemNumber, settings: object
) -> None:
    changed = {
        "phone_update_url": "https://my.alder.example/phone",
        "wrong_number_words": "From {college} about {ending}: {how}",
    }
    settings.ENV = settings.ENV.model_copy(update=changed)  # type: ignore[attr-defined]
    flag(people.rosa, people.maya)
    body = Message.objects.get(channel="email").body
    name = settings.ENV.college_name  # type: ignore[attr-defined]
    assert body == (
        f"From {name} about 0141: Correct your number here:"
        " https://my.alder.example/phone"
    )


def test_taken_back_in_time_the_email_is_never_sent(
    people: Cast, mayas: SystemNumber, mailoutbox: list[object]
) -> None:
    flag(people.rosa, people.maya)
    assert confirm(people.rosa, people.maya) is True
    mail_due()
    assert mailoutbox == []
    assert Message.objects.get(channel="email").status == Status.CANCELLED
    assert write(people.maya, people.rosa).status == Status.QUEUED
    acts = AuditEntry.objects.filter(subject_type="student").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == [
        "wrong number flagged",
        "number confirmed",
    ]
    assert "0141" not in str(list(acts.values_list("detail", flat=True)))


def test_taken_back_later_the_email_was_sent(people: Cast, mayas: SystemNumber) -> None:
    flag(people.rosa, people.maya)
    mail_due()
    assert confirm(people.rosa, people.lena) is False


def test_a_number_is_reported_once_until_it_is_confirmed(
    people: Cast, mayas: SystemNumber
) -> None:
    with pytest.raises(PhoneRefused):
        confirm(people.rosa, people.maya)
    flag(people.rosa, people.maya)
    with pytest.raises(PhoneRefused):
        flag(people.rosa, people.lena)
    assert OutgoingEmail.objects.count() == 1


def test_only_who_may_write_to_the_student_says_anything_of_the_phone(
    people: Cast, mayas: SystemNumber
) -> None:
    for stranger in (people.omar, people.theo, people.iris):
        with pytest.raises(PhoneRefused):
            flag(people.rosa, stranger)
    flag(people.rosa, people.maya)
    for stranger in (people.omar, people.theo, people.iris):
        with pytest.raises(PhoneRefused):
            confirm(people.rosa, stranger)
    assert PhoneEvidence.objects.count() == 1


def test_texts_of_others_who_have_the_phone_become_emails_too(
    people: Cast, mayas: SystemNumber
) -> None:
    Student.objects.filter(pk=people.kim.pk).update(mobile=people.rosa.mobile)
    people.kim.refresh_from_db()
    number_row(people.omar, "+17345550201")
    text = write(people.omar, people.kim)
    flag(people.rosa, people.maya)
    assert fresh(text).reason == "wrong_number"
    # Whose advisor has not said so: a right to one student is none to another.
    confirm(people.rosa, people.maya)
    assert write(people.omar, people.kim).status == Status.QUEUED


def test_a_student_without_an_address_is_flagged_all_the_same(
    people: Cast, mayas: SystemNumber
) -> None:
    Student.objects.filter(pk=people.rosa.pk).update(email="")
    assert flag(people.rosa, people.maya) == (0, False)
    assert write(people.maya, people.rosa).reason == "wrong_number"


def test_no_reply_flags_a_number_by_itself(people: Cast, mayas: SystemNumber) -> None:
    write(people.maya, people.rosa)
    reply(people.rosa.mobile, mayas.phone, "Wrong number, I am not Rosa")
    assert not PhoneEvidence.objects.exists()


def test_a_consent_is_recorded_with_how_when_and_the_colleges_words(
    people: Cast, mayas: SystemNumber, settings: object
) -> None:
    changed = {"consent_evidence": "required", "consent_wording": "I agree to texts."}
    settings.ENV = settings.ENV.model_copy(update=changed)  # type: ignore[attr-defined]
    now = timezone.now()
    told_at = now - timedelta(days=2)
    record_phone_consent(
        student=people.rosa,
        status=EvidenceStatus.GIVEN,
        how="By phone",
        said_at=told_at,
        actor=people.maya,
        now=now,
    )
    entry = PhoneEvidence.objects.get()
    assert (entry.how, entry.wording) == ("By phone", "I agree to texts.")
    assert (entry.actor, entry.said_at) == (people.maya, told_at)
    text = write(people.maya, people.rosa)
    assert text.status == Status.QUEUED
    record_phone_consent(
        student=people.rosa,
        status=EvidenceStatus.REFUSED,
        how="By phone",
        said_at=now,
        actor=people.maya,
        now=now,
    )
    assert (fresh(text).status, fresh(text).reason) == (Status.BLOCKED, "no_consent")


@pytest.mark.parametrize(
    ("status", "how", "later"),
    [
        (EvidenceStatus.GIVEN, " ", 0),
        (EvidenceStatus.GIVEN, "x" * 121, 0),
        (EvidenceStatus.GIVEN, "By phone", 5),
        (EvidenceStatus.CONFIRMED, "By phone", 0),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    people: Cast, status: EvidenceStatus, how: str, later: int
) -> None:
    now = timezone.now()
    with pytest.raises(PhoneRefused):
        record_phone_consent(
            student=people.rosa,
            status=status,
            how=how,
            said_at=now + timedelta(minutes=later),
            actor=people.maya,
            now=now,
        )
