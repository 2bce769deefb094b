"""The words of the email fail-safe, as a student reads them."""

from dataclasses import replace

import pytest

from quadline.emails import failsafe_letter
from quadline.emails.failsafe_letter import (
    NEEDS_A_NUMBER,
    NEEDS_START,
    Facts,
    FailsafeReason,
)

FACTS = Facts(
    text="Your appeal was granted.\nCome by on Monday!",
    why=FailsafeReason.OPTED_OUT,
    staff_name="Maya Alvarez",
    staff_pronouns="",
    staff_signature="",
    staff_title="Academic advisor",
    office_phone="+17345550100",
    college="Alder College",
    system_phone="+17345550200",
    student_phone="+17345550142",
    update_url="",
)
LETTER = """\
Maya Alvarez at Alder College wrote you a text. Here it is as an email.

    Your appeal was granted.
    Come by on Monday!

Why this is an email: You asked for no more texts from Maya Alvarez's number, (734) 555-0200.

If you want texts from Maya Alvarez again, text the word START to (734) 555-0200 from your phone.

To answer, reply to this email, or call (734) 555-0100.

Maya Alvarez
Academic advisor
Alder College
"""


def test_the_whole_letter_reads_like_this() -> None:
    assert failsafe_letter.plain_letter(FACTS) == LETTER


@pytest.mark.parametrize("why", FailsafeReason)
def test_the_subject_says_nothing_of_the_text(why: FailsafeReason) -> None:
    assert (
        failsafe_letter.subject(replace(FACTS, why=why)) == "Message from Maya Alvarez"
    )


@pytest.mark.parametrize("why", FailsafeReason)
@pytest.mark.parametrize("student_phone", ["+17345550142", ""])
def test_every_reason_is_a_sentence_in_both_forms(
    why: FailsafeReason, student_phone: str
) -> None:
    facts = replace(FACTS, why=why, student_phone=student_phone)
    [reason] = [
        line
        for line in failsafe_letter.plain_letter(facts).splitlines()
        if line.startswith("Why this is an email: ")
    ]
    assert reason.endswith(".")
    assert not any(odd in reason for odd in ("{", "  ", ",.", " ,", "+1"))
    assert reason.replace("'", "&#x27;") in failsafe_letter.html(facts)


@pytest.mark.parametrize("why", FailsafeReason)
def test_the_way_back_is_there_exactly_when_it_helps(why: FailsafeReason) -> None:
    facts = replace(FACTS, why=why)
    both = failsafe_letter.plain_letter(facts) + failsafe_letter.html(facts)
    assert ("START" in both) is (why in NEEDS_START)
    assert ("sms:" in both) is (why in NEEDS_START)
    assert ("mobile number, or give it to the registrar" in both) is (
        why in NEEDS_A_NUMBER
    )


def test_the_link_opens_the_texting_app_with_start_to_that_number() -> None:
    assert 'href="sms:+17345550200?&amp;body=START"' in failsafe_letter.html(FACTS)


def test_without_a_system_number_there_is_no_link_to_one() -> None:
    facts = replace(FACTS, system_phone="")
    assert "sms:" not in failsafe_letter.html(facts)
    assert "Maya Alvarez's number." in failsafe_letter.plain_letter(facts)


def test_a_number_is_corrected_where_the_college_says() -> None:
    facts = replace(
        FACTS,
        why=FailsafeReason.BAD_NUMBER,
        update_url='https://my.alder.example/phone?a=1&b="2',
    )
    assert (
        "correct your mobile number here: https://my.alder.example/phone"
        in failsafe_letter.plain_letter(facts)
    )
    assert (
        'href="https://my.alder.example/phone?a=1&amp;b=&quot;2"'
        in failsafe_letter.html(facts)
    )
    assert "ending in 0142" in failsafe_letter.plain_letter(facts)


def test_no_words_of_a_text_or_a_name_become_html() -> None:
    evil = '<script>alert("x")</script>\n</blockquote>&amp;'
    html = failsafe_letter.html(
        replace(FACTS, text=evil, staff_name=evil, college=evil, staff_title=evil)
    )
    assert "<script" not in html
    assert html.count("</blockquote>") == 1


def test_a_phone_that_blocks_the_number_is_unblocked_first() -> None:
    assert (
        "unblock this number, then text the word START"
        in failsafe_letter.plain_letter(
            replace(FACTS, why=FailsafeReason.BLOCKED_BY_PHONE)
        )
    )


def test_empty_facts_leave_no_gaps() -> None:
    letter = failsafe_letter.plain_letter(
        replace(FACTS, office_phone="", staff_title="")
    )
    assert letter.endswith(
        "To answer, reply to this email.\n\nMaya Alvarez\nAlder College\n"
    )


def test_the_sender_closes_it_as_they_wish() -> None:
    with_pronouns = replace(FACTS, staff_pronouns="she/her")
    assert "\n\nMaya Alvarez (she/her)\n" in failsafe_letter.plain_letter(with_pronouns)

    own = replace(FACTS, staff_signature="Maya\n\nCommons <1st floor>")
    assert failsafe_letter.plain_letter(own).endswith(
        "\n\nMaya\n\nCommons <1st floor>\n"
    )
    assert "<p>Maya<br><br>Commons &lt;1st floor&gt;</p>" in failsafe_letter.html(own)
