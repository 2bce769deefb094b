"""What is new in an answer: with the history gone, and never a student's own words with it."""

import time

import pytest

from quadline.emails.quotes import without_history

GMAIL = "On Mon, Nov 23, 2026 at 9:14 AM Maya Alvarez via Alder College <texting@alder.example> wrote:"
OUTLOOK = """From: Maya Alvarez <texting@alder.example>
Sent: Monday, November 23, 2026 9:14 AM
To: Bo Jensen <bo.jensen@alder.example>
Subject: Before Monday"""
SPANISH = "El lun, 23 nov 2026 a las 9:14, Maya Alvarez (<texting@alder.example>) escribió:"
SHORTENED = [
    ("no history", "Yes, at 10.", "Yes, at 10."),
    ("Gmail", f"Yes, at 10.\n\n{GMAIL}\n\n> Are you free?\n> Maya", "Yes, at 10."),
    ("Gmail, wrapped", "Yes.\n\nOn Mon, Nov 23, 2026 at 9:14 AM Maya Alvarez\n<texting@alder.example> wrote:\n> Free?", "Yes."),
    ("Gmail, wrapped twice", "Yes.\n\nOn Mon, Nov 23, 2026\nMaya Alvarez <texting@alder.example>\nwrote:\n\n> Free?", "Yes."),
    ("Apple", "Yes\n\nSent from my iPhone\n\n> On Nov 23, 2026, at 9:14 AM, Maya <t@alder.example> wrote:\n> \n> Free?", "Yes"),
    ("Outlook", f"Yes.\n\n________________________________\n{OUTLOOK}\n\nAre you free?\n", "Yes."),
    ("Outlook, old", f"Yes.\n\n-----Original Message-----\n{OUTLOOK}\n\nAre you free?\n", "Yes."),
    ("Outlook, with stars", "Yes.\n\n*From:* Maya\n*Sent:* Monday\n*To:* Bo\n*Subject:* Hi\n\nFree?", "Yes."),
    ("Outlook, German", "Ja.\n\nVon: Maya\nGesendet: Montag\nAn: Bo\nBetreff: Hi\n\nFree?", "Ja."),
    (
        "Outlook on a phone",
        f"Yes\n\nGet Outlook for iOS<https://aka.example/o0ukef>\n________________________________\n{OUTLOOK}\n\nFree?",
        "Yes",
    ),
    ("Spanish", f"Sí, a las 10.\n\n{SPANISH}\n\n> ¿Puede?", "Sí, a las 10."),
    ("French", "Oui.\n\nLe lun. 23 nov. 2026 à 09:14, Maya <t@alder.example> a écrit :\n> Libre ?", "Oui."),
    ("German", "Ja.\n\nAm 23.11.2026 um 09:14 schrieb Maya Alvarez:\n> Frei?", "Ja."),
    (
        "Yahoo, without marks",
        "Yes.\n\nOn Monday, November 23, 2026, 9:14 AM, Maya <t@alder.example> wrote:\n\nFree?\nMaya",
        "Yes.",
    ),
    ("quotes of quotes", f"Yes\n\n{GMAIL}\n> Free?\n>> Or not?\n> > > And so on", "Yes"),
    ("answers between the quotes", f"{GMAIL}\n> Free?\n\nYes\n\n> Where?\n\nYour office", "Yes\n\nYour office"),
    ("an answer below", f"{GMAIL}\n> Free?\n\nYes", "Yes"),
    ("a signature", "Yes\n\n-- \nBo Jensen\nNursing, class of 2028", "Yes"),
    ("a phone's line", "Yes\n\nSent from my Galaxy", "Yes"),
    ("a phone's line in Spanish", "Sí\n\nEnviado desde mi iPhone", "Sí"),
    ("an app's line", "Yes\n\nSent from Yahoo Mail for iPhone", "Yes"),
    ("many empty lines", "One\n\n\n\n\nTwo\n\n\n", "One\n\nTwo"),
]
KEPT = [
    "On 12/3 at 10:30 my roommate wrote:\nI hate you\nWhat should I do?",
    "From: the registrar's office. They say no.\nTo: me this is unfair",
    "On Monday I wrote: nothing.\nSorry.",
    "I wrote to bo@alder.example and he wrote:\n\nno",
    "> Are you free?",
    f"{GMAIL}\n> Are you free?",
    "--\nThis is how I write\n--\nand go on",
    "Sent from my heart, this is a long letter",
    "The door says:\n-----\nClosed",
    "",
]


@pytest.mark.parametrize(("letter", "said"), [pytest.param(*rest, id=name) for name, *rest in SHORTENED])
def test_only_what_is_new_is_left(letter: str, said: str) -> None:
    assert without_history(letter) == said


@pytest.mark.parametrize("letter", KEPT)
def test_what_may_be_the_students_own_words_is_kept(letter: str) -> None:
    assert without_history(letter) == letter


@pytest.mark.parametrize(
    "endless",
    [
        "Yes\n" + "> Are you free?\n" * 200_000,
        "Yes\n" + "\n" * 1_000_000,
        "Yes\n" + ">" * 1_000_000,
        "Yes\n" + "On Mon, Nov 23, 2026 " * 50_000,
        "Yes\n" + f"{GMAIL}\n" * 20_000,
        "Yes\n" + "From: a\n\n" * 100_000,
        "Yes\n" + "wrote:\n\n\n\n\n\n" * 50_000,
        "Yes\n" + "_" * 1_000_000,
    ],
    ids=lambda endless: f"{endless[:30]!r}",
)
def test_an_endless_history_is_read_in_no_time(endless: str) -> None:
    began = time.monotonic()
    assert without_history(endless).startswith("Yes")
    assert time.monotonic() - began < 5
