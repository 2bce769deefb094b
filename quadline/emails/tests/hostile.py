"""Emails that were made to cost their reader more than their sender."""

from quadline.emails.tests.letters import html, part, parts, plain, raw

# One formatting element of each kind, which HTML repeats in each paragraph that
# follows.
BOLD = "".join(f"<b id={number}>" for number in range(990))


def nested_parts(depth: int) -> bytes:
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n'
        for n in range(depth)
    )
    return f"From: bo@alder.example\r\n{head}\r\nYes".encode()


def nested_messages(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Yes"


# Each is read, or kept unread, in no time: caps, and readers that take one pass.
QUICK = {
    "unclosed tags": html("<a " * 20_000),
    "unclosed tags, 1 MB": html("<a " * 330_000),
    "unclosed attributes": html('<a href="' * 100_000),
    "nested quotes": html("<blockquote>" * 10_000 + "x<br>" * 40_000),
    "nested marked quotes": html("<blockquote type=cite>" * 18_000 + "x"),
    "marked sections": html("<![<![" * 5_000),
    "comments": html("<!--" * 100_000),
    "entities": html("&#x" * 100_000 + "&amp" * 100_000),
    "nested tables": html("<table><tr><td>" * 30_000),
    "nested links": html("<a href=x>y" * 50_000),
    "parentheses in From": plain(
        "Yes", From="(" * 9_000 + " <bo.jensen@alder.example>"
    ),
    "quotes in To": plain("Yes", To='"' * 9_001),
    "angles in References": plain("Yes", References="<" * 50_000),
    "encoded words": plain("Yes", Subject="=?utf-8?q?" * 9_000),
    "semicolons in Content-Type": raw("Yes", "text/plain; " + '";' * 40_000),
    "continued parameters": raw(
        "Yes", "text/plain" + "".join(f"; name*{n}*=a" for n in range(9_000))
    ),
    "many headers": b"X: y\r\n" * 50_000 + b"\r\nYes",
    "one long header": plain("Yes", X_Spam="x" * 400_000),
    "headers without end": b"X-Spam: " + b"y\r\n " * 400_000,
    "2,000 parts within parts": nested_parts(2_000),
    "2,000 messages within messages": nested_messages(2_000),
    "5,000 parts": parts("mixed", *[part("x")] * 5_000),
    "one line of 10 MB": plain("x" * 10_000_000),
    "10 million lines": raw(b"\n" * 10_000_000),
    "NULs": raw(b"\x00" * 1_000_000),
    "a bomb of base64": raw(b"=" * 5_000_000, encoding="base64"),
    "a bomb of quoted-printable": raw(b"=\r\n" * 500_000, encoding="quoted-printable"),
    "uuencoded": raw(b"begin 644 x\r\n" * 100_000, encoding="x-uuencode"),
    "marks of direction": plain("\N{RIGHT-TO-LEFT OVERRIDE}" * 100_000),
    "quoted lines": plain("> " * 400_000),
    "quote lines": plain("On Monday, 2026 at 9:00, a@b.example wrote:\n" * 20_000),
    "a winmail.dat of zeros": raw(
        b"\x78\x9f\x3e\x22" + b"\x00" * 4_000_000,
        "application/ms-tnef",
        encoding="8bit",
    ),
}
# These take what they can get.
GREEDY_FOR_MEMORY = html("<p>" + BOLD + "</p>" + "<p>x</p>" * 40_000)
GREEDY_FOR_TIME = parts(
    "mixed",
    *[part(BOLD + "<p>x" * 150_000, "text/html; charset=utf-8") for _ in range(25)],
)
