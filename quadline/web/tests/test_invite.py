"""Inviting on the screen: one by a form, many by lines or a file; all of them, or
nobody.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from quadline.accounts.models import User
from quadline.accounts.staff_details import StaffDetails
from quadline.emails.outgoing import UNSENT_BACKEND
from quadline.web.manage.invitation_lines import LinesRefused, read_people
from tests.architecture.conftest import Enter
from tests.cast import Cast

ONE, MANY = "/manage/staff/invite/", "/manage/staff/invite/many/"
GRACE = StaffDetails(name="Grace Okafor", email="grace@alder.example")
FULL = StaffDetails(
    name="Grace Okafor",
    email="grace@alder.example",
    role="lead",
    office="Library",
    title="Coach, senior",
    office_phone="(734) 555-0123",
)
ROW = 'Grace Okafor,grace@alder.example,lead,Library,"Coach, senior",(734) 555-0123'


@pytest.mark.parametrize(
    ("lines", "person"),
    [
        ("Grace Okafor,grace@alder.example", GRACE),
        ("\ufeffGrace Okafor,grace@alder.example\r\n\r\n", GRACE),
        ("Grace Okafor <grace@alder.example>", GRACE),
        ("Grace Okafor\tgrace@alder.example", GRACE),
        (
            "Grace Okafor;grace@alder.example;;;;",
            StaffDetails("Grace Okafor", "grace@alder.example"),
        ),
        (ROW, FULL),
        (f"name,email,role,office,title,office phone\n{ROW}", FULL),
        (f"\n\nName,E-mail,Role,Department,Job title,Office Phone\n{ROW}\n\n", FULL),
        ("Email\tFull name\tShoe size\ngrace@alder.example\tGrace Okafor\t38", GRACE),
    ],
)
def test_lines_are_read_as_people_paste_them(lines: str, person: StaffDetails) -> None:
    (read,) = read_people(lines, most=5)

    assert read.person == person
    assert read.extra == ""


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", "at least one line"),
        (" \n,,\n", "at least one line"),
        ("name,email\n", "at least one line"),
        ("name,office\nGrace,Library", "no column for email"),
        (
            "name,email,phone,office phone\nG,g@x.example,1,2",
            "two columns for office phone",
        ),
        ("\n".join(f"P,p{n}@alder.example" for n in range(6)), "6 people"),
        ("x" * 140_000, "could not be read"),
    ],
)
def test_lines_that_are_no_people_are_refused_in_words(lines: str, words: str) -> None:
    with pytest.raises(LinesRefused, match=words):
        read_people(lines, most=5)


def test_a_line_keeps_the_number_it_has_where_it_was_pasted() -> None:
    lines = "name,email\n\nA,a@x.example\n\n\nB,b@x.example,extra cell"
    read = read_people(lines, most=5)

    assert [each.line for each in read] == [3, 6]
    assert read[1].extra == "extra cell"


def test_one_is_invited_by_the_form(
    enter: Enter, people: Cast, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = UNSENT_BACKEND
    answer = enter(people.ada).post(
        ONE,
        {"name": "Grace Okafor", "email": "grace@alder.example", "role": "advisor"},
        follow=True,
    )
    grace = User.objects.get(email="grace@alder.example")
    words = answer.content.decode()

    assert answer.request["PATH_INFO"] == f"/manage/staff/{grace.pk}/"
    assert "Grace Okafor is invited" in words
    assert "not signed in yet" in words
    # Without a mail server it is said, so that nobody waits.
    assert "Email is not connected" in words


def test_all_that_is_wrong_is_said_and_what_is_right_is_kept(
    enter: Enter, people: Cast
) -> None:
    typed = {
        "name": "Grace Okafor",
        "email": "maya@alder.example",
        "role": "lead",
        "office": "Library",
        "title": "Coach",
        "office_phone": "nine",
    }
    answer = enter(people.ada).post(ONE, typed)
    words = answer.content.decode()

    assert answer.status_code == 422
    assert "Nobody was invited" in words
    assert "Maya Alvarez has an account with this address already." in words
    assert f'href="/manage/staff/{people.maya.pk}/"' in words
    for kept in ("Grace Okafor", "Library", "Coach", "nine"):
        assert f'value="{kept}"' in words
    assert words.count("aria-invalid") == 2


def check(browser: Client, lines: str, act: str = "check") -> tuple[int, str]:
    answer = browser.post(MANY, {"lines": lines, "act": act})
    return answer.status_code, " ".join(answer.content.decode().split())


def test_many_are_checked_shown_and_then_invited(enter: Enter, people: Cast) -> None:
    browser = enter(people.ada)
    before = User.objects.count()
    lines = f"{ROW}\nHana Ito,hana@alder.example,,transfer center"
    code, words = check(browser, lines)
    assert code == 200
    assert "2 people to invite" in words
    assert words.count("New office") == 1
    assert User.objects.count() == before

    code, _ = check(browser, lines, "invite")
    assert code == 302
    assert User.objects.get(email="hana@alder.example").office == people.omar.office
    assert User.objects.count() == before + 2


def test_one_bad_line_keeps_all_from_being_invited_and_all_are_kept(
    enter: Enter, people: Cast
) -> None:
    before = User.objects.count()
    lines = (
        f"{ROW}\nMaya,maya@alder.example\nHana,no address,boss\n"
        "Twice,t@alder.example\nTwice,t@alder.example,lead,Library,Coach,,more"
    )
    for act in ("check", "invite"):
        code, words = check(enter(people.ada), lines, act)
        assert code == 422
        assert "4 of 5 lines need fixing" in words
        assert (
            'Line 2, <span dir="auto">Maya</span>: Maya Alvarez has an account' in words
        )
        assert "Open the account of Maya Alvarez" in words
        assert "“no address” is not an email address." in words
        assert "“boss” is not a role." in words
        assert "t@alder.example is on more than one line." in words
        assert "“more” stands after the last column" in words
        assert "grace@alder.example,lead,Library" in words
    assert User.objects.count() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_comes_in_whatever_a_spreadsheet_writes(
    enter: Enter, people: Cast, encoding: str
) -> None:
    content = "name;email\nZoë Calderón;zoe@alder.example\n".encode(encoding)
    file = SimpleUploadedFile("staff.csv", content, "text/csv")
    answer = enter(people.ada).post(MANY, {"lines": "", "file": file, "act": "check"})
    words = answer.content.decode()

    assert answer.status_code == 200
    assert "1 person to invite" in words
    # From now on it can be changed on the page.
    assert "Zoë Calderón;zoe@alder.example" in words


def test_a_file_of_another_kind_is_refused_and_the_lines_are_kept(
    enter: Enter, people: Cast
) -> None:
    file = SimpleUploadedFile("staff.xlsx", b"PK\x03\x04" + b"\0" * 50)
    answer = enter(people.ada).post(MANY, {"lines": ROW, "file": file, "act": "invite"})
    words = answer.content.decode()

    assert answer.status_code == 422
    assert "an Excel workbook" in words
    assert "grace@alder.example" in words
    assert not User.objects.filter(email="grace@alder.example").exists()


def test_five_hundred_are_as_few_questions_as_five(
    enter: Enter, people: Cast, django_assert_max_num_queries: object
) -> None:
    browser = enter(people.ada)
    browser.get(MANY)
    lines = "\n".join(f"P{n},p{n}@alder.example" for n in range(500))
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        assert check(browser, lines)[0] == 200
