"""The audit trail: written once, never changed, with no words of students in it."""

import pytest
from django.db import DatabaseError, connection, transaction

from quadline.audit.models import AuditEntry, record_audit
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_an_act_is_on_record_with_who_what_and_on_what(people: Cast) -> None:
    entry = record_audit(
        "office line changed", subject=people.maya, actor=people.ada, cause="asked"
    )
    entry.refresh_from_db()

    assert (entry.action, entry.actor, entry.detail) == (
        "office line changed",
        people.ada,
        {"cause": "asked"},
    )
    assert (entry.subject_type, entry.subject_id) == ("user", str(people.maya.pk))


def test_the_system_acts_as_nobody(people: Cast) -> None:
    assert record_audit("number failed", subject=people.maya, actor=None).actor is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET actor_id = NULL",
        "UPDATE audit_auditentry SET detail = '{}'",
        "DELETE FROM audit_auditentry",
        "DELETE FROM audit_auditentry WHERE id > 0",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(
    people: Cast, statement: str
) -> None:
    record_audit(
        "office line changed", subject=people.maya, actor=people.ada, cause="asked"
    )

    with (
        pytest.raises(DatabaseError, match=r"Cannot (update|delete)"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().detail == {"cause": "asked"}


def test_models_cannot_change_or_delete_an_entry_either(people: Cast) -> None:
    entry = record_audit("office line changed", subject=people.maya, actor=people.ada)

    for act in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_a_person_on_record_cannot_be_deleted(people: Cast) -> None:
    record_audit("office line changed", subject=people.ada, actor=people.iris)

    with pytest.raises(DatabaseError), transaction.atomic():
        people.iris.delete()


def test_an_act_that_is_rolled_back_is_not_on_record(people: Cast) -> None:
    with transaction.atomic():
        record_audit("office line changed", subject=people.maya, actor=people.ada)
        transaction.set_rollback(True)

    assert not AuditEntry.objects.exists()
