"""The evidence of phones: written down, and asked for many students at once.

Does not know what follows for texts (delivery/phones).
"""

# ruff: noqa: S608  # no value in the statements: what is put together here are their
# common parts

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.roster.models import Student
from quadline.roster.phones.models import PhoneEvidence
from quadline.roster.phones.rules import EvidenceSource, EvidenceStatus

# id + 0: the entries are found by their phone, and never by going through all of them
# from the last one (docs/adr/0020).
# A consent of tomorrow would outlive each refusal: no entry counts as later than it was
# written down.
SAID = "least(entry.said_at, entry.recorded_at)"
# Of each student's phone what was said last; of two at once the one written down later.
LAST_CONSENT = f"""
    SELECT entry.status
    FROM roster_phoneevidence AS entry
    WHERE entry.student_id = asked.student_id AND entry.phone = asked.phone
      AND entry.status IN ('given', 'refused', 'unknown')
    ORDER BY {SAID} DESC, entry.id DESC
    LIMIT 1
"""
# A number is wrong for whoever it was reported of, and for everybody else who has it
# and has not been confirmed since: it may be a stranger's.
IS_WRONG = """
    (
        SELECT max(mark.id + 0)
        FROM roster_phoneevidence AS mark
        WHERE mark.phone = asked.phone AND mark.status = 'wrong'
          AND NOT EXISTS (
            SELECT FROM roster_phoneevidence AS later
            WHERE later.phone = mark.phone AND later.status = 'confirmed'
              AND later.student_id = mark.student_id AND later.id > mark.id
            OFFSET 0
          )
    ) > coalesce((
        SELECT max(own.id + 0)
        FROM roster_phoneevidence AS own
        WHERE own.phone = asked.phone AND own.status = 'confirmed'
          AND own.student_id = asked.student_id
    ), 0)
"""
_ASKED = """
    (SELECT DISTINCT *
     FROM unnest(%(student_ids)s::bigint[], %(phones)s::text[])
       AS given (student_id, phone)) AS asked
"""
# Each as (phone, student): of two arrays, student by student.
WRONG_NUMBERS = f"""
    SELECT asked.phone, asked.student_id FROM {_ASKED} WHERE {IS_WRONG}
"""
CONSENTS = f"""
    SELECT asked.phone, asked.student_id, said.status
    FROM {_ASKED} CROSS JOIN LATERAL ({LAST_CONSENT}) AS said
"""
# Phones beside the mobile from which a STOP counts, too.
_OTHERS = """
    SELECT split_part(other.kept, ' ', 1) AS phone
    FROM unnest(student.other_phones) AS other (kept)
    UNION
    SELECT former.phone
    FROM roster_formerphone AS former
    WHERE former.student_id = student.id AND former.stop_counts
"""
OTHER_PHONES = f"""
    SELECT student.id, student.mobile, other.phone
    FROM roster_student AS student
    CROSS JOIN LATERAL ({_OTHERS}) AS other
    WHERE student.id = ANY(%(student_ids)s::bigint[])
      AND other.phone <> student.mobile
"""
WITH_OTHER_PHONES = f"""
    SELECT student.id, student.mobile, other.phone
    FROM roster_student AS student
    CROSS JOIN LATERAL ({_OTHERS}) AS other
    WHERE other.phone = ANY(%(phones)s::text[]) AND other.phone <> student.mobile
      AND student.mobile <> ''
      AND (student.other_phones <> '{{}}' OR student.id IN (
        SELECT student_id FROM roster_formerphone WHERE stop_counts
      ))
"""
ALL_WRONG = f"""
    SELECT student.id
    FROM roster_student AS student
    CROSS JOIN LATERAL (SELECT student.id AS student_id, student.mobile AS phone)
      AS asked
    WHERE student.mobile IN (
        SELECT phone FROM roster_phoneevidence WHERE status = 'wrong'
    ) AND {IS_WRONG}
"""
# One look at the whole, in the order of its index: nobody is asked for one by one.
LAST_CONSENTS = f"""
    SELECT DISTINCT ON (entry.student_id, entry.phone)
        entry.student_id, entry.phone, entry.status
    FROM roster_phoneevidence AS entry
    WHERE entry.status IN ('given', 'refused', 'unknown')
    ORDER BY entry.student_id, entry.phone, {SAID} DESC, entry.id DESC
"""
OF_STATUS = f"""
    SELECT student.id
    FROM ({LAST_CONSENTS}) AS last
    JOIN roster_student AS student
      ON student.id = last.student_id AND student.mobile = last.phone
    WHERE last.status = %(status)s
"""
# A day counts from its first moment; a refusal from its last, so that of the same day's
# words the refusal stands.
RECORD_OF_ROSTER = """
    INSERT INTO roster_phoneevidence
        (student_id, phone, status, source, said_at, recorded_at, how, wording)
    SELECT
        said.student_id, said.phone, said.status, 'roster',
        coalesce(said.day, %(now)s), %(now)s, said.how, said.wording
    FROM (
        SELECT
            student.id AS student_id, student.mobile AS phone,
            student.text_consent_source AS how,
            student.text_consent_wording AS wording,
            CASE student.text_consent
                WHEN 'yes' THEN 'given' WHEN 'no' THEN 'refused' ELSE 'unknown'
            END AS status,
            CASE
                WHEN student.text_consent_date = '' THEN NULL
                WHEN student.text_consent = 'no' THEN
                    (student.text_consent_date::date + 1)::timestamp
                        AT TIME ZONE %(zone)s - interval '1 second'
                ELSE student.text_consent_date::date::timestamp AT TIME ZONE %(zone)s
            END AS day
        FROM {chosen}
        WHERE student.mobile <> ''
    ) AS said
    LEFT JOIN LATERAL (
        SELECT status, said_at, how, wording
        FROM roster_phoneevidence
        WHERE student_id = said.student_id AND phone = said.phone
          AND source = 'roster'
        ORDER BY id + 0 DESC
        LIMIT 1
        OFFSET 0
    ) AS last ON true
    WHERE coalesce(last.status, 'unknown') <> said.status
       OR (said.status <> 'unknown' AND (
            (said.how, said.wording) IS DISTINCT FROM (last.how, last.wording)
            OR said.day <> last.said_at
       ))
    ORDER BY said.student_id
"""


def record_evidence(
    *,
    student: Student,
    phone: str,
    status: EvidenceStatus,
    source: EvidenceSource,
    said_at: datetime,
    now: datetime,
    actor: User | None = None,
    how: str = "",
    wording: str = "",
) -> PhoneEvidence:
    """Add one entry, in the caller's transaction."""
    return PhoneEvidence.objects.create(
        student=student,
        phone=phone,
        status=status,
        source=source,
        said_at=said_at,
        recorded_at=now,
        actor=actor,
        how=how[:120],
        wording=wording,
    )


def record_roster_evidence(cursor: Any, ids: str, *, now: datetime) -> None:
    """Add what the roster says of consent and has not said before. ``ids``: SQL for the
    institutional ids of those it may have said it of.
    """
    # OFFSET 0: looked up row by row, whatever statistics say (docs/adr/0020).
    chosen = (
        f"({ids}) AS named (id) CROSS JOIN LATERAL (SELECT * FROM roster_student"
        " WHERE institutional_id = named.id OFFSET 0) AS student"
    )
    _record(cursor, chosen, now)


def record_evidence_of_everybody(*, now: datetime) -> None:
    """The same for the whole roster, after an undo."""
    with connection.cursor() as cursor:
        _record(cursor, "roster_student AS student", now)


def evidence_of(student: Student) -> Sequence[PhoneEvidence]:
    """All entries, those written down last first."""
    return list(
        PhoneEvidence.objects.filter(student=student)
        .select_related("actor")
        .order_by("-pk")
    )


def consent_by_phone(student: Student, phones: Collection[str]) -> dict[str, str]:
    """What counts for each phone, by EvidenceStatus; nothing where nothing is said."""
    asked = {"student_ids": [student.pk] * len(phones), "phones": list(phones)}
    rows = evidence_rows(CONSENTS, asked)
    return {phone: status for phone, _, status in rows}


def is_wrong_number(student: Student, phone: str) -> bool:
    asked = {"student_ids": [student.pk], "phones": [phone]}
    return bool(evidence_rows(WRONG_NUMBERS, asked))


def students_with_wrong_numbers() -> set[int]:
    """Of all whose mobile was reported as wrong. A short list: staff press a button."""
    return {pk for (pk,) in evidence_rows(ALL_WRONG, {})}


def students_of_consent(status: EvidenceStatus) -> set[int]:
    """All for whose mobile this counts."""
    return {pk for (pk,) in evidence_rows(OF_STATUS, {"status": status.value})}


def students_with_phones(phones: Collection[str]) -> list[tuple[int, str, str]]:
    """Students who have one of these beside their mobile: id, mobile, that phone."""
    return evidence_rows(WITH_OTHER_PHONES, {"phones": list(phones)}) if phones else []


def evidence_rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _record(cursor: Any, chosen: str, now: datetime) -> None:
    statement = RECORD_OF_ROSTER.replace("{chosen}", chosen)
    zone = college_settings().college_time_zone
    cursor.execute(statement, {"now": now, "zone": zone})
