"""What programs put an email's words into: winmail.dat, answers to invitations, emails
in emails, HTML beside a text that says nothing, emoji as pictures, whatever seals it.
"""

import base64
import struct

import pytest

from quadline.emails import incoming
from quadline.emails.tests.letters import html, part, parts, plain, raw

TNEF_BODY, TNEF_MAPI, TNEF_ATTACHED, TNEF_TITLE = 0x800C, 0x9003, 0x9002, 0x8010


def tnef(*objects: tuple[int, int, bytes]) -> bytes:
    """A winmail.dat of these attributes: level, name, content ([MS-OXTNEF], 2.1.3)."""
    said = struct.pack("<IH", 0x223E9F78, 1)
    for level, name, content in objects:
        said += struct.pack("<BHHI", level, name, 2, len(content)) + content
        said += struct.pack("<H", sum(content) & 0xFFFF)
    return said + b"\x00" * 12


def mapi(prop: int, kind: int, content: bytes) -> tuple[int, int, bytes]:
    padded = content + b"\x00" * (-len(content) % 4)
    value = struct.pack("<IHHII", 1, kind, prop, 1, len(content)) + padded
    return 1, TNEF_MAPI, value


def winmail(content: bytes, text: str = "", *, name: str = "winmail.dat") -> bytes:
    coded = base64.encodebytes(content).decode()
    head = f'application/ms-tnef; name="{name}"\r\nContent-Transfer-Encoding: base64'
    return parts("mixed", part(text), part(coded, head, "attachment"))


def test_the_words_in_a_winmail_dat_are_read() -> None:
    read = incoming.read_email(winmail(tnef((1, TNEF_BODY, b"Yes, at 10.\r\nBo\x00"))))
    assert (read.body, read.attachments) == ("Yes, at 10.\nBo", ())


def test_the_html_in_a_winmail_dat_is_read() -> None:
    inside = tnef(mapi(0x1013, 0x0102, b"<p>Yes, at <b>10</b>.</p>"))
    assert incoming.read_email(winmail(inside)).body == "Yes, at 10."


def test_the_rich_text_in_a_winmail_dat_is_read() -> None:
    from compressed_rtf import compress

    rich = compress(rb"{\rtf1\ansi\ansicpg1252 S\'ed, at 10.\par Bo}")
    assert (
        incoming.read_email(winmail(tnef(mapi(0x1009, 0x0102, rich)))).body
        == "Sí, at 10.\nBo"
    )


@pytest.mark.parametrize(
    "broken", [b"", b"no", b"\x78\x9f\x3e\x22", tnef((1, TNEF_BODY, b"Yes"))[:12]]
)
def test_a_winmail_dat_that_cannot_be_read_says_so_or_says_nothing_more(
    broken: bytes,
) -> None:
    read = incoming.read_email(winmail(broken, "See"))
    assert read.body.startswith("See")
    assert (
        read.body == "See"
        or "winmail.dat, a format of Outlook that could not be read" in read.body
    )


def test_a_winmail_dat_without_words_says_what_could_not_be_read() -> None:
    assert (
        "Ask for it again as plain text" in incoming.read_email(winmail(b"no", "")).body
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            (
                "METHOD:REPLY\nATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@x\nSUMMARY:Advising\\,"
                " Monday"
            ),
            "[Accepted: Advising, Monday]",
        ),
        (
            (
                "METHOD:REPLY\nATTENDEE;CN=Bo;\n"
                " PARTSTAT=DECLINED:mailto:bo@x\nSUMMARY;LANGUAGE=en:Advising"
            ),
            "[Declined: Advising]",
        ),
        (
            "METHOD:REPLY\nATTENDEE;PARTSTAT=TENTATIVE:mailto:bo@x",
            "[Accepted tentatively]",
        ),
        ("METHOD:REQUEST\nSUMMARY:Office hours", "[An invitation: Office hours]"),
        (
            "METHOD:CANCEL\nSUMMARY:Office hours",
            "[An invitation was canceled: Office hours]",
        ),
        ("BEGIN:VCALENDAR", ""),
    ],
)
def test_an_answer_to_an_invitation_is_a_line(answer: str, said: str) -> None:
    email = raw(
        answer.replace("\n", "\r\n"), "text/calendar; charset=utf-8; method=REPLY"
    )
    read = incoming.read_email(email)
    assert (read.body, read.attachments, read.why_automatic) == (said, (), "")


def test_what_an_html_says_more_than_its_text_is_shown() -> None:
    stub, long = (
        part("See HTML."),
        part(f"<p>{'I need help with my aid. ' * 20}</p>", "text/html"),
    )
    assert (
        "help with my aid" in incoming.read_email(parts("alternative", stub, long)).body
    )


def test_an_email_in_an_email_brings_its_files_too() -> None:
    inner = parts(
        "mixed",
        part("The hold"),
        part("x", "application/pdf", 'attachment; filename="hold.pdf"'),
    )
    read = incoming.read_email(
        parts("related", part("See"), part(inner.decode(), "message/rfc822"))
    )
    assert "The hold" in read.body
    assert read.attachments == ("hold.pdf",)


def test_emoji_that_are_pictures_are_read_and_other_pictures_are_not() -> None:
    email = html(
        'Thanks <img alt="🎓" src="x"> <img alt="logo.png"> <img alt="Alder'
        ' College"><img alt="学院">'
    )
    assert incoming.read_email(email).body == "Thanks 🎓"


@pytest.mark.parametrize(
    "email",
    [
        raw(
            "MII",
            'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
            encoding="base64",
        ),
        parts(
            "encrypted",
            part("Version: 1", "application/pgp-encrypted"),
            part("-----BEGIN", "application/octet-stream"),
        ),
    ],
)
def test_what_is_sealed_says_so(email: bytes) -> None:
    assert "This email is encrypted, or signed" in incoming.read_email(email).body


def test_enriched_text_is_read_without_its_marks() -> None:
    assert (
        incoming.read_email(raw("<bold>Yes</bold> at 10", "text/enriched")).body
        == "Yes\nat 10"
    )


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a\x00b.pdf",
        "x" * 5_000,
        "\u202egpj.exe",
        "=?utf-8?q?a=0Ab?=",
    ],
)
def test_a_files_name_is_one_short_line(name: str) -> None:
    email = parts(
        "mixed",
        part("See"),
        part("x", "application/pdf", f'attachment; filename="{name}"'),
    )
    (shown,) = incoming.read_email(email).attachments
    assert len(shown) <= 100
    assert "\n" not in shown


def test_marks_of_direction_and_what_is_no_letter_do_no_harm() -> None:
    read = incoming.read_email(plain("\u202eYes\u202c \ufeffat\u200b 10\x00\x07"))
    assert "Yes" in read.body
    assert "\x00" not in read.whole
