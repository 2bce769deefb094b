"""Any email is read, whatever it is made of; what cannot be
read costs no more than itself.
"""

import pytest

from quadline.emails import incoming
from quadline.emails.tests.letters import (
    BO,
    coded,
    html,
    part,
    parts,
    plain,
    raw,
    with_files,
)

PNG = part(
    "iVBORw0KGgo=",
    'image/png; name="logo.png"\r\nContent-Transfer-Encoding: base64\r\nContent-ID:'
    " <logo>",
    "inline",
)
PDF = part(
    "JVBERi0=",
    'application/pdf; name="form.pdf"\r\nContent-Transfer-Encoding: base64',
    'attachment; filename="form.pdf"',
)
GMAIL_HTML = (
    '<div dir="ltr">Yes, at 10.<div><br></div><div>Bo</div></div><br><div'
    ' class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On'
    " Mon, Nov 23, 2026 at 9:14 AM Maya &lt;<a"
    ' href="mailto:t@alder.example">t@alder.example</a>&gt; wrote:<br></div><blockquote'
    ' class="gmail_quote" style="border-left:1px solid">Are you'
    " free?</blockquote></div>"
)
OUTLOOK_HTML = (
    "<html><head><style>p.MsoNormal {margin:0}</style></head><body><p"
    " class=MsoNormal>Yes, at 10.<o:p></o:p></p><div"
    ' style="border:none;border-top:solid #E1E1E1 1.0pt"><p'
    " class=MsoNormal><b>From:</b> Maya &lt;t@alder.example&gt;<br><b>Sent:</b> Monday,"
    " November 23, 2026 9:14 AM<br><b>To:</b> Bo<br><b>Subject:</b> Before"
    " Monday</p></div><p class=MsoNormal>Are you free?</p></body></html>"
)
OUTLOOK_WEB_HTML = (
    '<div>Yes, at 10.</div><div id="appendonsend"></div><hr><div'
    ' id="divRplyFwdMsg"><b>From:</b> Maya<br></div><div>Are you free?</div>'
)
APPLE_HTML = (
    '<html><body dir="auto">Yes, at 10.<div><br><blockquote type="cite">On Nov 23,'
    " 2026, at 9:14 AM, Maya wrote:<br><br></blockquote></div><blockquote"
    ' type="cite"><div>Are you free?</div></blockquote></body></html>'
)
WORDS = [
    ("plain", plain("Yes, at 10."), "Yes, at 10."),
    ("UTF-8 in base64", coded("Sí, señora 🎓", "utf-8"), "Sí, señora 🎓"),
    ("Latin-1", coded("Sí, señora", "iso-8859-1"), "Sí, señora"),
    (
        "Windows-1252 that says Latin-1",
        raw("It’s “fine”".encode("cp1252"), "text/plain; charset=iso-8859-1"),
        "It’s “fine”",
    ),
    ("UTF-8 that says ASCII", raw("Sí", "text/plain; charset=us-ascii"), "Sí"),
    (
        "Windows-1252 that says UTF-8",
        raw("Sí, señora, ¿a qué hora? Mañana".encode("cp1252")),
        "Sí, señora, ¿a qué hora? Mañana",
    ),
    ("a charset nobody knows", raw("Sí", "text/plain; charset=x-unknown-9"), "Sí"),
    ("a charset that is none", raw("Yes", 'text/plain; charset="base64"'), "Yes"),
    (
        "a charset that takes for ever",
        raw("a" * 100_000, "text/plain; charset=punycode"),
        "a" * 20_000,
    ),
    ("no charset", raw("Sí", "text/plain"), "Sí"),
    ("UTF-16", coded("Yes", "utf-16"), "Yes"),
    ("broken base64", raw("WWVz!!!LCBhdCAxMC4", encoding="base64"), "Yes, at 10."),
    (
        "quoted-printable",
        raw("S=C3=AD, at 10=2E =\r\nBo", encoding="quoted-printable"),
        "Sí, at 10. Bo",
    ),
    ("an encoding nobody knows", raw("Yes", encoding="x-uuencode-9"), "Yes"),
    ("controls", raw("Yes\x00\x07 \x1b[31m"), "Yes [31m"),
    ("Gmail in HTML", html(GMAIL_HTML), "Yes, at 10.\nBo"),
    ("Outlook in HTML", html(OUTLOOK_HTML), "Yes, at 10."),
    ("Outlook on the web", html(OUTLOOK_WEB_HTML), "Yes, at 10."),
    ("Apple in HTML", html(APPLE_HTML), "Yes, at 10."),
    (
        "HTML with lists",
        html("<p>Two:</p><ul><li>Monday<li>Friday</ul>"),
        "Two:\n\n- Monday\n- Friday",
    ),
    (
        "HTML with a link",
        html('See <a href="https://x.example/y">this page</a>'),
        "See this page (https://x.example/y)",
    ),
    ("HTML never closed", html("<div><p>Yes<b>, at <i>10"), "Yes, at 10"),
    (
        "HTML without words",
        html('<img src="x.png"><script>alert("no")</script><style>p{}</style>'),
        "",
    ),
    (
        "HTML that indents",
        html("<blockquote>An indented paragraph</blockquote>"),
        "An indented paragraph",
    ),
    ("HTML cut off", html("Yes<div sty"), "Yes"),
    (
        "both ways",
        parts("alternative", part("Yes"), part("<p>Not this</p>", "text/html")),
        "Yes",
    ),
    (
        "both ways, the text empty",
        parts("alternative", part(" \r\n"), part("<p>Yes</p>", "text/html")),
        "Yes",
    ),
    (
        "Apple around a file",
        parts("mixed", part("Here it is."), PDF, part("Is it right?")),
        "Here it is.\nIs it right?",
    ),
    (
        "a text file attached",
        parts(
            "mixed",
            part("See"),
            part("secret", "text/plain", 'attachment; filename="a.txt"'),
        ),
        "See",
    ),
    ("nothing inside", parts("mixed"), ""),
    ("not even a boundary", raw("--x\r\n\r\nYes", "multipart/mixed"), ""),
    ("an empty email", b"", ""),
    ("only a head", b"From: bo@alder.example\r\n", ""),
    ("no head", b"\r\nJust words", "Just words"),
    ("bytes", bytes(range(256)) * 4, None),
]


@pytest.mark.parametrize(
    ("email", "said"), [pytest.param(*rest, id=name) for name, *rest in WORDS]
)
def test_its_words_are_read(email: bytes, said: str | None) -> None:
    read = incoming.read_email(email)
    if said is not None:
        assert read.body.split("\n[80,000 more")[0] == said
    assert "\x00" not in read.body


def test_who_wrote_what_to_whom_in_answer_to_what() -> None:
    read = incoming.read_email(
        plain(
            "Yes",
            Delivered_To="Reply+7-abc@Mail.alder.example",
            Cc="Maya <maya@alder.example>",
        )
    )
    assert (read.header_id, read.sender, read.subject) == (
        "<CAF1@mail.alder.example>",
        "bo.jensen@alder.example",
        "Re: Before Monday",
    )
    assert read.recipients == (
        "reply+7-abc@mail.alder.example",
        "reply@mail.alder.example",
        "maya@alder.example",
    )
    assert read.references == ("<m.1.7@alder.example>", "<m.0.7@alder.example>")
    assert (read.why_automatic, read.bounce, read.attachments) == ("", None, ())


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("=?utf-8?q?S=C3=AD?=", "Sí"),
        ("=?utf-8?b?U8OtLCBt?=\r\n =?utf-8?b?YcOxYW5h?=", "Sí, mañana"),
        ("=?x-unknown?q?S=C3=AD?=", "Sí"),
        ("=?utf-8?b?!!!!?=", None),
        ("Sí", "Sí"),
        ("Two\r\n lines", "Two lines"),
        ("x" * 20_000, "x" * 200),
    ],
)
def test_a_subject_is_read_as_it_was_meant(header: str, subject: str | None) -> None:
    read = incoming.read_email(plain("Yes", Subject=header))
    assert subject is None or read.subject == subject


@pytest.mark.parametrize(
    "sender", ["", "nobody", "<>", "@", "=?utf-8?q?Bo?= <", "a@b@c", "\x00"]
)
def test_a_sender_that_is_none_stops_nothing(sender: str) -> None:
    read = incoming.read_email(plain("Yes", From=sender))
    assert read.body == "Yes"


def test_an_email_without_a_message_id_has_the_same_name_by_any_way() -> None:
    one, other = (
        plain("Yes", Message_ID="", Received=way) for way in ("from a", "from b")
    )
    assert incoming.read_email(one).header_id == incoming.read_email(other).header_id
    assert incoming.read_email(one).header_id.startswith("digest:")
    assert (
        incoming.read_email(one).header_id
        != incoming.read_email(plain("No", Message_ID="")).header_id
    )


def test_a_message_id_that_is_too_long_is_digested() -> None:
    names = [
        incoming.read_email(
            plain("Yes", Message_ID=f"<{'x' * 5_000}{end}@a>")
        ).header_id
        for end in "ab"
    ]
    assert all(len(name) < 100 for name in names)
    assert names[0] != names[1]


def test_files_are_named() -> None:
    assert incoming.read_email(
        with_files("See", "form.pdf", "señal 🎓.png")
    ).attachments == (
        "form.pdf",
        "señal 🎓.png",
    )
    many = incoming.read_email(
        with_files("See", *(f"{n}.png" for n in range(30)))
    ).attachments
    assert (len(many), many[-1]) == (21, "10 more")


def test_the_logo_of_a_signature_is_no_file() -> None:
    related = parts("related", part("<p>Yes</p><img src='cid:logo'>", "text/html"), PNG)
    inside = related.partition(b"MIME-Version: 1.0\r\n")[2]
    assert incoming.read_email(related).attachments == ()
    assert incoming.read_email(parts("mixed", inside, PDF)).attachments == ("form.pdf",)


def test_what_is_forwarded_as_a_file_is_read_too() -> None:
    forwarded = part(plain("Old words", From=BO).decode(), "message/rfc822")
    read = incoming.read_email(parts("mixed", part("See this"), forwarded))
    assert read.body.startswith("See this\n---------- Forwarded message ---------")
    assert read.body.endswith("Subject: Re: Before Monday\n\nOld words")
    assert (read.own_words, read.attachments) == ("See this", ())


def test_a_very_long_email_is_shown_in_part_and_kept_whole() -> None:
    read = incoming.read_email(plain("word " * 80_000))
    assert len(read.body) < 20_200
    assert read.body.endswith("more characters are in the whole email.]")
    assert read.whole.split() == ["word"] * 80_000
    assert not read.is_cut


def test_a_text_without_end_says_that_it_is_cut() -> None:
    read = incoming.read_email(plain("word " * 150_000))
    assert (len(read.whole), read.is_cut) == (incoming.MAX_WHOLE - 1, True)


def test_an_email_of_30_mb_is_refused_unread() -> None:
    with pytest.raises(incoming.EmailTooLarge, match="larger than 20 MB"):
        incoming.read_email(with_files("See", "film.mov", size=22_000_000))
