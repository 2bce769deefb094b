"""Report for Student Opt Outs: who is out, of whose
number, how, and what came of it.
"""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from quadline.accounts.models import User
from quadline.consent.models import CarrierCheck, ConsentState
from quadline.consent.rules import Change
from quadline.conversations.causes import Cause
from quadline.conversations.models import Conversation, Message
from quadline.conversations.rules import Status
from quadline.conversations.statuses import climb
from quadline.delivery.tests.acts import number_row, reply, write
from quadline.reports import opt_outs
from quadline.reports.opt_out_rows import OptOutRow, change_rows
from quadline.reports.tests.campus import asked, heard, number_of, opts_out, wrote
from quadline.reports.visibility import inboxes_seen_by
from quadline.roster.models import Student
from tests.cast import Cast, student


def rows(viewer: User, **query: str) -> list[OptOutRow]:
    return opt_outs.opted_out_rows(
        viewer, opt_outs.opted_out_pairs(viewer, asked(**({"period": "all"} | query)))
    )


def names(viewer: User, **query: str) -> list[str]:
    return [row.who[0].name for row in rows(viewer, **query)]


def test_a_row_says_everything_about_an_opt_out(people: Cast) -> None:
    now = timezone.now()
    wrote(people.maya, people.bo, now - timedelta(hours=9), body="An older one")
    wrote(people.maya, people.bo, now - timedelta(hours=5), body="The last one before")
    wrote(
        people.maya,
        people.bo,
        now - timedelta(hours=4),
        Status.EMAILED,
        body="Went as email, before",
    )
    opts_out(people.maya, people.bo, now - timedelta(hours=3), keyword="UNSUBSCRIBE")
    wrote(people.maya, people.bo, now - timedelta(hours=2), Status.EMAILED)
    wrote(people.maya, people.bo, now - timedelta(hours=1), Status.EMAILED)
    wrote(people.maya, people.bo, now, Status.UNREACHED)
    wrote(people.theo, people.bo, now, Status.EMAILED)
    row = rows(people.maya)[0]

    assert (row.who[0].name, row.who[0].institutional_id, row.who[0].student_id) == (
        "Bo Jensen",
        "00100002",
        people.bo.pk,
    )
    assert (row.inbox.owner, row.system_phone) == (
        people.maya,
        number_of(people.maya).phone,
    )
    assert (row.how, row.by, row.since) == (
        "Replied UNSUBSCRIBE",
        "the student",
        now - timedelta(hours=3),
    )
    assert row.last_text
    assert row.last_text.body == "The last one before"
    assert (row.emailed_since, row.closed_since) == (2, 1)
    assert row.since_words == "2 texts sent as email, 1 text not sent"
    assert row.way_back == f"Text START to {number_of(people.maya).written}"
    assert row.check_words == "Not checked yet"
    assert (
        row.conversation_id
        == Conversation.objects.get(inbox__owner=people.maya, student=people.bo).pk
    )


@pytest.mark.parametrize("change", [Change.OPT_IN, Change.OPT_OUT])
def test_an_export_misses_and_repeats_nobody_when_somebody_moves_meanwhile(
    people: Cast, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    monkeypatch.setattr(opt_outs, "OPT_OUTS_PER_QUERY", 1)
    now = timezone.now()
    opts_out(people.maya, people.rosa, now - timedelta(hours=3))
    opts_out(people.maya, people.bo, now - timedelta(hours=2))
    export = opt_outs.every_opted_out_row(people.maya, asked(period="all"))
    first = next(export)
    moves = {
        Change.OPT_IN: people.bo,
        Change.OPT_OUT: student("00100009", "Ida", "Late", mobile="+17345550149"),
    }
    opts_out(people.maya, moves[change], now, change=change)

    assert [row.who[0].name for row in [first, *export]] == [
        "Bo Jensen",
        "Rosa Calderón",
    ]


@pytest.mark.parametrize(
    ("source", "fields", "how", "by"),
    [
        ("reply", {"keyword": "STOP"}, "Replied STOP", "the student"),
        ("carrier", {"keyword": ""}, "Learned from the carrier", "the carrier"),
        (
            "staff",
            {"keyword": "", "wording": "By phone."},
            "Asked a staff member: By phone",
            "Maya Alvarez",
        ),
    ],
)
def test_it_says_how_and_by_whom(
    people: Cast, source: str, fields: dict[str, str], how: str, by: str
) -> None:
    actor = {"actor": people.maya} if source == "staff" else {}
    opts_out(people.maya, people.bo, timezone.now(), source=source, **fields, **actor)

    assert [(row.how, row.by) for row in rows(people.maya)] == [(how, by)]
    assert [row.how for row in rows(people.maya, source=source)] == [how]
    assert rows(people.maya, source="carrier" if source == "reply" else "reply") == []


def test_a_student_who_opts_in_again_leaves_the_list_and_stays_in_the_history(
    people: Cast,
) -> None:
    now = timezone.now()
    opts_out(people.maya, people.bo, now - timedelta(hours=2))
    opts_out(people.maya, people.bo, now - timedelta(hours=1), change="opt_in")
    entries = opt_outs.changes(people.maya, asked(period="all"))

    assert rows(people.maya) == []
    assert [row.change for row in change_rows(people.maya, list(entries))] == [
        "opt_in",
        "opt_out",
    ]
    assert (
        opt_outs.changes(people.maya, asked(period="all", change="opt_out")).count()
        == 1
    )


def test_an_opt_out_is_of_one_number(people: Cast) -> None:
    opts_out(people.maya, people.rosa, timezone.now())
    number_of(people.theo)

    assert [row.inbox.owner for row in rows(people.ada)] == [people.maya]


def test_test_students_are_left_out_unless_somebody_shares_their_phone(
    people: Cast,
) -> None:
    opts_out(people.maya, people.sally, timezone.now())
    assert rows(people.ada) == []
    assert opt_outs.changes(people.ada, asked(period="all")).count() == 0

    student(
        "00100099", "Sam", "Shares", advisor=people.maya, mobile=people.sally.mobile
    )
    assert names(people.ada) == ["Sam Shares"]


def test_a_phone_nobody_has_is_shown_as_the_phone(people: Cast) -> None:
    heard(people.maya, "+17345550199", timezone.now(), "STOP")
    opts_out(people.maya, "+17345550199", timezone.now())

    assert names(people.maya) == ["(734) 555-0199"]
    assert rows(people.maya)[0].conversation_id


@pytest.mark.parametrize(
    ("viewer", "sees"),
    [
        ("maya", {"Bo Jensen"}),
        ("theo", set()),
        ("lena", {"Bo Jensen"}),
        ("omar", {"Kim Park"}),
        ("ada", {"Bo Jensen", "Kim Park"}),
        ("iris", {"Bo Jensen", "Kim Park"}),
    ],
)
def test_who_sees_which_opt_outs(people: Cast, viewer: str, sees: set[str]) -> None:
    opts_out(people.maya, people.bo, timezone.now())
    opts_out(people.omar, people.kim, timezone.now())

    assert set(names(getattr(people, viewer))) == sees
    changed = change_rows(
        getattr(people, viewer),
        list(opt_outs.changes(getattr(people, viewer), asked(period="all"))),
    )
    assert {row.who[0].name for row in changed} == sees


def test_the_staff_reported_are_those_whose_conversations_may_be_read(
    people: Cast,
) -> None:
    for staff in (people.maya, people.theo, people.lena, people.omar):
        heard(staff, people.rosa, timezone.now())
    people.theo.is_active = False
    for viewer in (
        people.maya,
        people.theo,
        people.lena,
        people.omar,
        people.ada,
        people.iris,
    ):
        read = set(
            Conversation.objects.visible_to(viewer).values_list("inbox", flat=True)
        )
        assert read == set(
            inboxes_seen_by(viewer)
            .filter(conversations__isnull=False)
            .values_list("pk", flat=True)
        )


def test_a_shared_phone_names_only_students_the_reader_may_know(people: Cast) -> None:
    Student.objects.filter(pk=people.kim.pk).update(mobile=people.bo.mobile)
    opts_out(people.maya, people.bo, timezone.now())

    assert [who.name for who in rows(people.maya)[0].who] == ["Bo Jensen"]
    assert {who.name for who in rows(people.ada)[0].who} == {"Bo Jensen", "Kim Park"}


def test_a_student_who_left_the_caseload_is_named_but_not_linked(people: Cast) -> None:
    heard(people.theo, people.rosa, timezone.now())
    opts_out(people.theo, people.rosa, timezone.now())

    assert [(who.name, who.student_id) for who in rows(people.theo)[0].who] == [
        ("Rosa Calderón", None)
    ]


def test_the_nightly_look_at_the_carrier_is_shown(people: Cast) -> None:
    opts_out(people.maya, people.bo, timezone.now())
    check = CarrierCheck.objects.create(
        state=ConsentState.objects.get(), agrees=True, checked_at=timezone.now()
    )
    assert rows(people.maya)[0].check_words == "Carrier agrees"

    check.agrees = False
    check.save()
    assert rows(people.maya)[0].check_words == "Carrier differs"


def test_periods_and_staff_narrow_the_list_newest_first(people: Cast) -> None:
    now = timezone.now()
    for days, who in ((40, people.rosa), (10, people.bo), (1, people.gus)):
        Student.objects.filter(pk=people.gus.pk).update(mobile="+17345550155")
        who.refresh_from_db()
        opts_out(people.maya, who, now - timedelta(days=days))
    opts_out(people.omar, people.kim, now)

    assert names(people.ada) == ["Kim Park", "Gus Hale", "Bo Jensen", "Rosa Calderón"]
    assert names(people.ada, staff=str(people.maya.pk), period="30") == [
        "Gus Hale",
        "Bo Jensen",
    ]
    assert names(people.maya, period="7") == ["Gus Hale"]


@pytest.mark.parametrize("count", [1, 12])
def test_a_page_costs_the_same_however_many_rows_it_has(
    people: Cast, django_assert_max_num_queries: object, count: int
) -> None:
    for place in range(count):
        phone = f"+173455502{place:02d}"
        opts_out(
            people.maya,
            student(
                f"0090{place}", "Many", f"No{place}", advisor=people.maya, mobile=phone
            ),
            timezone.now(),
        )

    with django_assert_max_num_queries(7):  # type: ignore[operator]
        assert len(rows(people.maya)) == count


def test_a_text_that_a_stop_closed_and_that_went_as_email_is_since_then(
    people: Cast,
) -> None:
    number = number_row(people.maya, "+17345550299")
    waiting = write(people.maya, people.bo, "Are you free?")
    Message.objects.filter(pk=waiting.pk).update(
        due_at=timezone.now() + timedelta(hours=1)
    )
    reply(people.bo.mobile, number.phone, "STOP")
    row = rows(people.maya)[0]
    assert row.since_words == "1 text not sent"  # its email is still on its way
    with transaction.atomic():
        climb([waiting], Status.EMAILED, cause=Cause.EMAILED, now=timezone.now())
    assert rows(people.maya)[0].since_words == "1 text sent as email"
