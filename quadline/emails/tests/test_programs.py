"""Answers as mail programs really make them, in HTML: only what is
new is shown, and every word is kept.
"""

import re

import pytest

from quadline.emails import incoming
from quadline.emails.tests.letters import html

MAYA = "Maya Alvarez &lt;<a href='mailto:maya@alder.example'>maya@alder.example</a>&gt;"
NEW = "Yes, at 10."
PROGRAMS = {
    "Gmail": (
        f'<div dir="ltr">{NEW}</div><br><div class="gmail_quote'
        ' gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"On Mon, Nov 30, 2026 at 9:00\u202fAM {MAYA} wrote:<br></div><blockquote"
        " class='gmail_quote' style='margin:0'>"
        "Are you free?</blockquote></div>"
    ),
    "Gmail on a phone": (
        f'<div dir="auto">{NEW}</div><br><br><div class="gmail_quote"><div dir="ltr"'
        ' class="gmail_attr">El lun, 30 nov 2026, '
        f"9:00&nbsp;a.&nbsp;m., {MAYA} escribió:<br></div><blockquote"
        " class='gmail_quote'>Are you free?</blockquote></div>"
    ),
    "Gmail, signature": (
        f'<div dir="ltr">{NEW}</div><br clear="all"><div><br></div><span'
        " class=\"gmail_signature_prefix\">-- </span><br><div dir='ltr'"
        " class='gmail_signature'>Bo Jensen<br>Nursing</div>"
    ),
    "Outlook on the web": (
        f'<div class="elementToProof">{NEW}</div><div id="appendonsend"></div><hr'
        ' style="display:inline-block;width:98%"><div id="divRplyFwdMsg"'
        ' dir="ltr"><b>From:</b> Maya Alvarez'
        " &lt;maya@alder.example&gt;<br><b>Sent:</b> Monday, November 30, 2026 9:00"
        " AM<br><b>To:</b> Bo<br><b>Subject:</b> Checking in</div><div>Are you"
        " free?</div>"
    ),
    "Outlook on a phone": (
        f'<div dir="auto">{NEW}</div><div'
        ' id="ms-outlook-mobile-signature"><div></div>Get <a'
        ' href="https://aka.example/o0ukef">Outlook for iOS</a></div><hr><div'
        " id='divRplyFwdMsg'><b>Von:</b> Maya<br><b>Gesendet:</b> Montag, 30."
        " November 2026 09:00<br><b>An:</b> Bo<br><b>Betreff:</b> Checking"
        " in</div><div>Are you free?</div>"
    ),
    "Outlook on a desk": (
        f"<div class=WordSection1><p class=MsoNormal>{NEW}<o:p></o:p></p><p"
        " class=MsoNormal><o:p>&nbsp;</o:p></p><div"
        " style='border:none;border-top:solid #E1E1E1 1.0pt'><p"
        " class=MsoNormal><b>De&nbsp;:</b> Maya Alvarez<br><b>Envoyé&nbsp;:</b> lundi"
        " 30 novembre 2026 09:00<br><b>À&nbsp;:</b> Bo<br><b>Objet&nbsp;:</b> Checking"
        " in</p></div><p class=MsoNormal>Are you free?</p></div>"
    ),
    "Apple Mail": (
        f"<body>{NEW}<br id='lineBreakAtBeginningOfMessage'><div><br><blockquote"
        f" type='cite'><div>On Nov 30, 2026, at 9:00 AM, {MAYA}"
        " wrote:</div><br><div>Are you free?</div></blockquote></div></body>"
    ),
    "iPhone": (
        f"<body dir='auto'>{NEW}<div><br><div dir='ltr'>Sent from my iPhone</div><div"
        f" dir='ltr'><br><blockquote type='cite'>On Nov 30, 2026, at 9:00 AM, {MAYA}"
        " wrote:<br><br></blockquote></div><blockquote type='cite'>Are you"
        " free?</blockquote></div></body>"
    ),
    "Thunderbird": (
        f"<p>{NEW}</p><div class='moz-cite-prefix'>Am 30.11.26 um 09:00 schrieb Maya"
        " Alvarez:<br></div><blockquote type='cite' cite='mid:1@x'>Are you"
        " free?</blockquote>"
    ),
    "Yahoo": (
        f"<div class='yahoo-style-wrap'><div dir='ltr'>{NEW}</div></div><div"
        " id='yahoo_quoted_1' class='yahoo_quoted'><div><div>On Monday, November 30,"
        f" 2026 at 09:00:00 AM EST, {MAYA} wrote: </div><div><br></div><div>Are you"
        " free?</div></div></div>"
    ),
    "Yahoo on a phone": (
        f"{NEW}<br><br><a href='https://mail.onelink.example/x'>Sent from Yahoo Mail"
        " for iPhone</a><br><br><p class='yahoo-quoted-begin'>On Monday, November 30,"
        f" 2026, 9:00 AM, {MAYA} wrote:</p><blockquote class='iosymail'>Are you"
        " free?</blockquote>"
    ),
    "Proton": (
        f"<div>{NEW}</div><div class='protonmail_quote'>On Monday, November 30th, 2026"
        f" at 9:00 AM, {MAYA} wrote:<br><blockquote class='protonmail_quote'"
        " type='cite'>Are you free?</blockquote></div>"
    ),
    "QQ": (
        f"<div>{NEW}</div><div><br></div><div>------------------&nbsp;原始邮件&nbsp;------------------</div><div><b>发件人:</b>Maya"
        " &lt;maya@alder.example&gt;;</div><div><b>发送时间:</b>2026年11月30日"
        " 9:00</div><div><b>主题:</b>Checking in</div><div>Are you free?</div>"
    ),
    "163": (
        f"<div>{NEW}</div><div id='divNeteaseMailCard'></div><p>At 2026-11-30 09:00:00,"
        ' "Maya" &lt;maya@alder.example&gt; wrote:</p><blockquote'
        " id='isReplyContent' style='padding-left:1ex;border-left:#ccc 1px solid'>Are"
        " you free?</blockquote>"
    ),
    "163, newer": (
        f"<div>{NEW}</div><div>---- 回复的原邮件"
        " ----</div><table><tr><td>发件人</td><td>Maya</td></tr></table>Are you free?"
    ),
    "Naver": (
        f"<p>{NEW}</p><p>-----Original Message-----<br><b>From:</b> Maya<br><b>To:</b>"
        " Bo<br><b>Cc:</b><br><b>Sent:</b> 2026-11-30 (월) 09:00:00"
        " (GMT+09:00)<br><b>Subject:</b> Checking in</p><p>Are you free?</p>"
    ),
    "Outlook in Japanese": (
        f"<div>{NEW}</div><hr><div id='divRplyFwdMsg'><b>差出人:</b>"
        " Maya<br><b>送信日時:</b> 2026年11月30日 9:00<br><b>宛先:</b>"
        " Bo<br><b>件名:</b> Checking in</div>Are you free?"
    ),
    "Outlook in Arabic": (
        f"<div dir='rtl'>{NEW}</div><hr><div id='divRplyFwdMsg' dir='rtl'><b>من:</b>"
        " Maya<br><b>تم الإرسال:</b> 30 نوفمبر, 2026 9:00<br><b>إلى:</b>"
        " Bo<br><b>الموضوع:</b> Checking in</div>Are you free?"
    ),
}


@pytest.mark.parametrize("body", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_of_an_answer_only_what_is_new_is_shown(body: str) -> None:
    read = incoming.read_email(html(body))
    assert (read.body, read.own_words) == (NEW, NEW)
    said = re.sub(r"<[^>]*>", " ", body.split("</style>")[-1])
    words = [word for word in said.split() if word.isalpha()]
    assert [word for word in words if word not in read.whole] == []


def test_gmails_forward_is_content() -> None:
    body = (
        '<div dir="ltr">Can you look?<br><div class="gmail_quote"><div'
        ' class="gmail_attr">---------- Forwarded message ---------<br>From:'
        " <b>Registrar</b> &lt;r@alder.example&gt;<br>Date: Sun, Nov 29,"
        " 2026<br>Subject: Hold<br>To: Bo<br></div><br>Your registration is on"
        " hold.</div></div>"
    )
    read = incoming.read_email(html(body, Subject="Fwd: Hold"))
    assert "Your registration is on hold." in read.body
    assert read.own_words == "Can you look?"


def test_answers_in_gmails_quote_are_shown_with_the_questions() -> None:
    body = (
        '<div class="gmail_quote"><div class="gmail_attr">On Mon, Nov 30, 2026 at 9:00'
        " AM Maya &lt;m@x.example&gt; wrote:<br></div><blockquote"
        ' class="gmail_quote">Did you register?</blockquote><div>Yes, on'
        ' Friday.</div><blockquote class="gmail_quote">A tutor?</blockquote><div>No,'
        " thanks.</div></div>"
    )
    read = incoming.read_email(html(body))
    assert [
        each in read.body
        for each in ("Did you register?", "Yes, on Friday.", "A tutor?", "No, thanks.")
    ] == [True] * 4
    assert read.own_words.split() == ["Yes,", "on", "Friday.", "No,", "thanks."]
