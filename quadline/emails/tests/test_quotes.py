"""What is new in an answer: with the history gone, and never
a student's own words with it.
"""

import sys
from types import FrameType
from typing import Any

import pytest

from quadline.emails.quotes import read_answer, rest_from

GMAIL = (
    "On Mon, Nov 23, 2026 at 9:14 AM Maya Alvarez via Alder College"
    " <texting@alder.example> wrote:"
)
OUTLOOK = """From: Maya Alvarez <texting@alder.example>
Sent: Monday, November 23, 2026 9:14 AM
To: Bo Jensen <bo.jensen@alder.example>
Subject: Before Monday"""
SPANISH = (
    "El lun, 23 nov 2026 a las 9:14, Maya Alvarez (<texting@alder.example>) escribió:"
)
SHORTENED = [
    ("no history", "Yes, at 10.", "Yes, at 10."),
    ("Gmail", f"Yes, at 10.\n\n{GMAIL}\n\n> Are you free?\n> Maya", "Yes, at 10."),
    (
        "Gmail, wrapped",
        (
            "Yes.\n\nOn Mon, Nov 23, 2026 at 9:14 AM Maya"
            " Alvarez\n<texting@alder.example> wrote:\n> Free?"
        ),
        "Yes.",
    ),
    (
        "Gmail, wrapped twice",
        (
            "Yes.\n\nOn Mon, Nov 23, 2026\nMaya Alvarez"
            " <texting@alder.example>\nwrote:\n\n> Free?"
        ),
        "Yes.",
    ),
    (
        "Apple",
        (
            "Yes\n\nSent from my iPhone\n\n> On Nov 23, 2026, at 9:14 AM, Maya"
            " <t@alder.example> wrote:\n> \n> Free?"
        ),
        "Yes",
    ),
    (
        "Outlook",
        f"Yes.\n\n________________________________\n{OUTLOOK}\n\nAre you free?\n",
        "Yes.",
    ),
    (
        "Outlook, old",
        f"Yes.\n\n-----Original Message-----\n{OUTLOOK}\n\nAre you free?\n",
        "Yes.",
    ),
    (
        "Outlook, with stars",
        "Yes.\n\n*From:* Maya\n*Sent:* Monday\n*To:* Bo\n*Subject:* Hi\n\nFree?",
        "Yes.",
    ),
    (
        "Outlook, German",
        "Ja.\n\nVon: Maya\nGesendet: Montag\nAn: Bo\nBetreff: Hi\n\nFree?",
        "Ja.",
    ),
    (
        "Outlook on a phone",
        (
            "Yes\n\nGet Outlook for"
            f" iOS<https://aka.example/o0ukef>\n________________________________\n{OUTLOOK}\n\nFree?"
        ),
        "Yes",
    ),
    ("Spanish", f"Sí, a las 10.\n\n{SPANISH}\n\n> ¿Puede?", "Sí, a las 10."),
    (
        "French",
        (
            "Oui.\n\nLe lun. 23 nov. 2026 à 09:14, Maya <t@alder.example> a écrit :\n>"
            " Libre ?"
        ),
        "Oui.",
    ),
    ("German", "Ja.\n\nAm 23.11.2026 um 09:14 schrieb Maya Alvarez:\n> Frei?", "Ja."),
    (
        "Yahoo, without marks",
        (
            "Yes.\n\nOn Monday, November 23, 2026, 9:14 AM, Maya <t@alder.example>"
            " wrote:\n\nFree?\nMaya"
        ),
        "Yes.",
    ),
    (
        "quotes of quotes",
        f"Yes\n\n{GMAIL}\n> Free?\n>> Or not?\n> > > And so on",
        "Yes",
    ),
    (
        "answers between the quotes",
        f"{GMAIL}\n> Free?\n\nYes\n\n> Where?\n\nYour office",
        "> Free?\n\nYes\n\n> Where?\n\nYour office",
    ),
    ("a quote that nothing introduces", "Yes\n\n> Free?\n> Maya", "Yes"),
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
    "They told me this:\n\n> Page 2 is missing.",
    f"{GMAIL}\n> Are you free?",
    "--\nThis is how I write\n--\nand go on",
    "Sent from my heart, this is a long letter",
    "The door says:\n-----\nClosed",
    "",
]


def assert_nothing_is_lost(letter: str, kept: str) -> None:
    """Every word that came is in what is kept, in its order."""
    assert kept.split() == letter.split()


@pytest.mark.parametrize(
    ("letter", "said"), [pytest.param(*rest, id=name) for name, *rest in SHORTENED]
)
def test_only_what_is_new_is_left(letter: str, said: str) -> None:
    answer = read_answer(letter)
    assert answer.new == said
    assert_nothing_is_lost(letter, answer.whole)


@pytest.mark.parametrize("letter", KEPT)
def test_what_may_be_the_students_own_words_is_kept(letter: str) -> None:
    answer = read_answer(letter)
    assert (answer.new, answer.whole) == (letter, letter)


MAYA = "Maya Alvarez <maya@alder.example>"
# The line above a quoted message, as programs write it in each language.
QUOTE_LINES = {
    "Gmail, English": (
        f"On Mon, Nov 30, 2026 at 9:00\N{NARROW NO-BREAK SPACE}AM {MAYA} wrote:"
    ),
    "Apple, English": f"On Nov 30, 2026, at 9:00 AM, {MAYA} wrote:",
    "Thunderbird, English": "On 11/30/26 9:00 AM, Maya Alvarez wrote:",
    "Proton, English": f"On Monday, November 30th, 2026 at 9:00 AM, {MAYA} wrote:",
    "Yahoo, English": (
        f"On Monday, November 30, 2026 at 09:00:00 AM EST, {MAYA} wrote: "
    ),
    "163, English": (
        'At 2026-11-30 09:00:00, "Maya Alvarez" <maya@alder.example> wrote:'
    ),
    "Gmail, Spanish": (
        "El lun, 30 nov 2026 a las 9:00, Maya Alvarez (<maya@alder.example>) escribió:"
    ),
    "Apple, Spanish": f"El 30 nov 2026, a la(s) 9:00 a.m., {MAYA} escribió:",
    "Thunderbird, Spanish": "El 30/11/26 a las 9:00, Maya Alvarez escribió:",
    "Yahoo, Spanish": (
        f"El lunes, 30 de noviembre de 2026, 09:00:00 EST, {MAYA} escribió:"
    ),
    "Gmail, French": f"Le lun. 30 nov. 2026 à 09:00, {MAYA} a écrit :",
    "Apple, French": f"Le 30 nov. 2026 à 09:00, {MAYA} a écrit :",
    "Thunderbird, French": (
        "Le 30/11/2026 à 09:00, Maya Alvarez a écrit\N{NO-BREAK SPACE}:"
    ),
    "Gmail, German": f"Am Mo., 30. Nov. 2026 um 09:00 Uhr schrieb {MAYA}:",
    "Apple, German": f"Am 30.11.2026 um 09:00 schrieb {MAYA}:",
    "Thunderbird, German": "Am 30.11.26 um 09:00 schrieb Maya Alvarez:",
    "Gmail, Portuguese": f"Em seg., 30 de nov. de 2026 às 09:00, {MAYA} escreveu:",
    "Apple, Portuguese": f"Em 30 de nov. de 2026, à(s) 09:00, {MAYA} escreveu:",
    "Thunderbird, Portuguese": "Em 30/11/2026 09:00, Maya Alvarez escreveu:",
    "Gmail, Italian": f"Il giorno lun 30 nov 2026 alle ore 09:00 {MAYA} ha scritto:",
    "Apple, Italian": f"Il giorno 30 nov 2026, alle ore 09:00, {MAYA} ha scritto:",
    "Thunderbird, Italian": "Il 30/11/26 09:00, Maya Alvarez ha scritto:",
    "Gmail, Chinese": f"{MAYA} 于2026年11月30日周一 09:00写道：",
    "Gmail, Chinese in Taiwan": f"{MAYA} 於 2026年11月30日 週一 上午9:00寫道：",
    "Apple, Chinese": f"2026年11月30日 09:00，{MAYA} 写道：",
    "Thunderbird, Chinese": "在 2026/11/30 9:00, Maya Alvarez 写道:",
    "163, Chinese": (
        '在 2026-11-30 09:00:00，"Maya Alvarez" <maya@alder.example> 写道：'
    ),
    "Gmail, Japanese": f"2026年11月30日(月) 9:00 {MAYA}:",
    "Apple, Japanese": f"2026/11/30 9:00、{MAYA}のメール:",
    "Thunderbird, Japanese": "On 2026/11/30 9:00, Maya Alvarez wrote:",
    "Gmail, Korean": f"2026년 11월 30일 (월) 오전 9:00, {MAYA}님이 작성:",
    "Apple, Korean": f"2026. 11. 30. 오전 9:00, {MAYA} 작성:",
    "Thunderbird, Korean": "2026-11-30 오전 9:00에 Maya Alvarez 이(가) 쓴 글:",
    "Gmail, Vietnamese": f"Vào Th 2, 30 thg 11, 2026 vào lúc 09:00 {MAYA} đã viết:",
    "Apple, Vietnamese": f"Vào 30 thg 11, 2026, lúc 09:00, {MAYA} đã viết:",
    "Thunderbird, Vietnamese": "Vào lúc 09:00 30/11/2026, Maya Alvarez đã viết:",
    "Gmail, Arabic": (
        f"في الاثنين، 30 نوفمبر 2026 في 9:00 ص تمت كتابة ما يلي بواسطة {MAYA}:"
    ),
    "Apple, Arabic": f"في 30 نوفمبر 2026، الساعة 9:00 ص، كتب {MAYA}:",
    "Thunderbird, Arabic": "في 30/11/2026 9:00 ص، كتب Maya Alvarez:",
    "Gmail, Dutch": f"Op ma 30 nov 2026 om 09:00 schreef {MAYA}:",
    "Gmail, Russian": f"пн, 30 нояб. 2026 г. в 09:00, {MAYA}:",
    "a program nobody knows": f"30.11.2026 09:00 {MAYA}:",
}
# The head that Outlook, QQ, Naver and others put above the message they answer.
HEADS = {
    "English": (
        "From: {}\nSent: Monday, November 30, 2026 9:00 AM\nTo: Bo\nSubject:"
        " Checking in"
    ),
    "Outlook in bold": (
        "*From:* {}\n*Sent:* Monday, November 30, 2026 9:00 AM\n*To:* Bo\n*Subject:*"
        " Checking in"
    ),
    "without a subject": (
        "From: {}\nSent: Monday, November 30, 2026 9:00 AM\nTo: Bo\nSubject:"
    ),
    "Outlook on a Mac": (
        "From: {}\nDate: Monday, November 30, 2026 at 9:00 AM\nTo: Bo\nSubject:"
        " Checking in"
    ),
    "Spanish": (
        "De: {}\nEnviado el: lunes, 30 de noviembre de 2026 9:00\nPara: Bo\nAsunto:"
        " Checking in"
    ),
    "Spanish on the web": (
        "De: {}\nEnviado: lunes, 30 de noviembre de 2026 9:00\nPara: Bo\nAsunto:"
        " Checking in"
    ),
    "French": (
        "De : {}\nEnvoyé : lundi 30 novembre 2026 09:00\nÀ : Bo\nObjet : Checking in"
    ),
    "French on the web": (
        "De : {}\nDate : lundi, 30 novembre 2026 à 09:00\nÀ : Bo\nObjet : Checking in"
    ),
    "German": (
        "Von: {}\nGesendet: Montag, 30. November 2026 09:00\nAn: Bo\nBetreff:"
        " Checking in"
    ),
    "German on a Mac": (
        "Von: {}\nDatum: Montag, 30. November 2026 um 09:00\nAn: Bo\nBetreff:"
        " Checking in"
    ),
    "Portuguese": (
        "De: {}\nEnviada em: segunda-feira, 30 de novembro de 2026 09:00\nPara:"
        " Bo\nAssunto: Checking in"
    ),
    "Portuguese in Portugal": (
        "De: {}\nEnviado: 30 de novembro de 2026 09:00\nPara: Bo\nAssunto: Checking in"
    ),
    "Italian": (
        "Da: {}\nInviato: lunedì 30 novembre 2026 09:00\nA: Bo\nOggetto: Checking in"
    ),
    "Chinese": (
        "发件人: {}\n发送时间: 2026年11月30日 9:00\n收件人: Bo\n主题: Checking in"
    ),
    "Chinese, wide": (
        "发件人：{}\n日期：2026年11月30日 9:00\n收件人：Bo\n主题：Checking in"
    ),
    "Chinese in Taiwan": (
        "寄件者: {}\n寄件日期: 2026年11月30日 上午 09:00\n收件者: Bo\n主旨: Checking in"
    ),
    "Japanese": (
        "差出人: {}\n送信日時: 2026年11月30日 9:00\n宛先: Bo\n件名: Checking in"
    ),
    "Korean": (
        "보낸 사람: {}\n보낸 날짜: 2026년 11월 30일 월요일 오전 9:00\n받는 사람:"
        " Bo\n제목: Checking in"
    ),
    "Vietnamese": (
        "Từ: {}\nĐã gửi: Thứ Hai, 30 Tháng Mười Một 2026 9:00 SA\nTới: Bo\nChủ đề:"
        " Checking in"
    ),
    "Vietnamese, other words": (
        "Người gửi: {}\nNgày gửi: 30/11/2026 9:00\nNgười nhận: Bo\nTiêu đề: Checking in"
    ),
    "Arabic": (
        "من: {}\nتم الإرسال: الاثنين، 30 نوفمبر 2026 9:00\nإلى: Bo\nالموضوع:"
        " Checking in"
    ),
    "Arabic, other words": (
        "من: {}\nتاريخ الإرسال: 30/11/2026 9:00\nإلى: Bo\nالموضوع: Checking in"
    ),
}
MARKS = [
    "-----Original Message-----",
    "-------- Original Message --------",
    "---- Replied Message ----",
    "------------------ 原始邮件 ------------------",
    "------------------ Original ------------------",
    "---- 回复的原邮件 ----",
    "-----邮件原件-----",
    "-----Mensaje original-----",
    "-----Message d'origine-----",
    "-----Ursprüngliche Nachricht-----",
    "-----Mensagem original-----",
    "-----Messaggio originale-----",
    "-----원본 메시지-----",
    "-----الرسالة الأصلية-----",
]
FORWARDS = [
    "---------- Forwarded message ---------",
    "-------- Forwarded Message --------",
    "Begin forwarded message:",
    "---------- Mensaje reenviado ----------",
    "-------- Message transféré --------",
    "Début du message réexpédié :",
    "-------- Weitergeleitete Nachricht --------",
    "Anfang der weitergeleiteten Nachricht:",
    "-------- Mensagem encaminhada --------",
    "---------- Messaggio inoltrato ---------",
    "---------- 转发的邮件 ---------",
    "-------- 転送されたメッセージ --------",
    "---------- 전달된 메시지 ----------",
    "---------- Thư chuyển tiếp ---------",
    "---------- رسالة معاد توجيهها ---------",
]
SENT_FROM = [
    "Sent from my iPhone",
    "Sent from my T-Mobile 5G Device",
    "Get Outlook for iOS<https://aka.example/o0ukef>",
    "Get Outlook for Android",
    "Sent from Mail for Windows",
    "Sent from Outlook for Android",
    "Sent from Yahoo Mail on Android",
    "Sent with Proton Mail secure email.",
    "Enviado desde mi iPhone",
    "Obtener Outlook para iOS",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon téléphone Orange",
    "Von meinem iPhone gesendet",
    "Gesendet von Outlook für Android",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "发自我的iPhone",
    "發自我的 iPhone",
    "iPhoneから送信",
    "나의 iPhone에서 보냄",
    "Đã gửi từ iPhone của tôi",
    "أُرسلت من الـ iPhone",
]


@pytest.mark.parametrize("line", QUOTE_LINES.values(), ids=QUOTE_LINES.keys())
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_the_line_above_a_quote_is_known_in_each_language(line: str, gap: str) -> None:
    letter = f"Yes, at 10.\n\n{line}{gap}> Are you free?\n>\n> Maya"
    answer = read_answer(letter)
    assert (answer.new, answer.own) == ("Yes, at 10.", "Yes, at 10.")
    assert_nothing_is_lost(letter, answer.whole)


@pytest.mark.parametrize("line", QUOTE_LINES.values(), ids=QUOTE_LINES.keys())
def test_such_a_line_may_be_marked_itself_as_apples_is(line: str) -> None:
    assert read_answer(f"Yes\n\n> {line}\n>\n> Free?").new == "Yes"


@pytest.mark.parametrize("line", QUOTE_LINES.values(), ids=QUOTE_LINES.keys())
def test_such_a_line_may_be_wrapped(line: str) -> None:
    words = line.split(" ")
    half = len(words) // 2
    wrapped = f"{' '.join(words[:half])}\n{' '.join(words[half:])}"
    assert read_answer(f"Yes\n\n{wrapped}\n> Free?\n").new == "Yes"


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
@pytest.mark.parametrize("rule", ["", "_" * 32 + "\n", "-" * 32 + "\n\n"])
def test_the_head_of_the_answered_message_is_known_in_each_language(
    head: str, rule: str
) -> None:
    letter = f"Yes, at 10.\n\n{rule}{head.format(MAYA)}\n\nAre you free?\nMaya"
    answer = read_answer(letter)
    assert (answer.new, answer.own) == ("Yes, at 10.", "Yes, at 10.")
    assert_nothing_is_lost(letter, answer.whole)


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_above_the_original_is_known(mark: str) -> None:
    assert read_answer(f"Yes\n\n{mark}\nFrom: Maya\n\nAre you free?").new == "Yes"


@pytest.mark.parametrize("mark", FORWARDS)
@pytest.mark.parametrize("above", ["Can you look at this?\n\n", ""])
def test_what_is_forwarded_is_content_and_not_the_forwarders_own_words(
    mark: str, above: str
) -> None:
    letter = (
        f"{above}{mark}\nFrom: Registrar <r@alder.example>\nDate: Sun, Nov 29,"
        " 2026\nSubject: Hold\nTo: Bo\n\nStop texting me"
    )
    answer = read_answer(letter)
    assert answer.new == letter
    assert answer.own == above.strip()


@pytest.mark.parametrize(
    "subject",
    [
        "Fw: Hold",
        "FW: Hold",
        "RV: Hold",
        "TR: Hold",
        "WG: Hold",
        "ENC: Hold",
        "转发：Hold",
    ],
)
def test_outlooks_forwards_are_known_by_their_subject(subject: str) -> None:
    letter = f"Can you look?\n\n{OUTLOOK}\n\nYour registration is on hold."
    answer = read_answer(letter, subject)
    assert (answer.new, answer.own) == (letter, "Can you look?")
    assert read_answer(letter, f"Re: {subject}").new == "Can you look?"


def test_an_answer_whose_history_was_forwarded_is_an_answer() -> None:
    letter = (
        f"Yes\n\n{GMAIL}\n> See:\n> ---------- Forwarded message ---------\n> From:"
        " R\n> Hold"
    )
    assert read_answer(letter).new == "Yes"


@pytest.mark.parametrize("line", SENT_FROM)
def test_what_a_phone_adds_is_not_shown_and_not_lost(line: str) -> None:
    answer = read_answer(f"Yes\n\n{line}\n\n{GMAIL}\n> Free?")
    assert answer.new == "Yes"
    assert line in answer.whole


@pytest.mark.parametrize(
    "above",
    [
        "See my answers below.",
        "My answers are in red",
        "Respuestas abajo",
        "Réponses ci-dessous",
        "见下",
        "回答は下記の通りです",
    ],
)
def test_answers_that_are_announced_below_the_head_are_shown(above: str) -> None:
    letter = f"{above}\n\n{OUTLOOK}\n\nDid you register?\nYes, for BIO 101."
    assert read_answer(letter).new == letter


def test_answers_between_quotes_are_shown_with_what_they_answer() -> None:
    letter = (
        f"Hi\n\n{GMAIL}\n> Did you register?\n\nYes.\n\n> A tutor?\n\nPlease.\n\n>"
        " Maya\n> Alder College"
    )
    answer = read_answer(letter)
    assert answer.new == "Hi\n\n> Did you register?\n\nYes.\n\n> A tutor?\n\nPlease."
    assert answer.own == "Hi\n\nYes.\n\nPlease."
    assert_nothing_is_lost(letter, answer.whole)


def test_what_a_student_quotes_from_others_is_shown() -> None:
    letter = (
        "The registrar told me this:\n\n> Your transcript was rejected.\n\nCan you send"
        " me the form?"
    )
    answer = read_answer(letter)
    assert answer.new == letter
    assert "transcript" not in answer.own


@pytest.mark.parametrize(
    "below",
    [
        "Sally\n\nP.S. I cannot come on Friday, can we move it?",
        "Sally\nP.S. I cannot come on Friday.",
        "Sally\nPD: no puedo ir",
        "Sally\ncan we move it?",
        "Sally\n\nOne more thing, I lost my card.",
    ],
)
def test_what_is_more_than_a_signature_is_shown(below: str) -> None:
    assert read_answer(f"Hi\n-- \n{below}").new.endswith(below)


@pytest.mark.parametrize(
    "words",
    [
        "My trip:\nFrom: Detroit\nTo: Chicago\nDate: December 4\nCan I miss the exam?",
        "From: Detroit\nTo: Chicago",
        "De: Lima\nPara: Cusco\nFecha: 4 de diciembre",
        "Date: Friday\nSubject: BIO 101\nI need both.",
        "On Friday the registrar wrote:\nYou are on hold.\nWhat now?",
        "My mother wrote me at 9:00:\ncome home",
        "These are the times: 9:00, 10:00 and this:\n11:00",
        "> I like this band\nI do",
    ],
)
def test_words_that_look_like_a_head_or_a_quote_line_are_the_students(
    words: str,
) -> None:
    assert read_answer(words).new == words


@pytest.mark.parametrize(
    ("new", "whole", "rest"),
    [
        ("Yes", "Yes", ""),
        ("Yes", "Yes\n\nOn Monday", "\n\nOn Monday"),
        ("Yes", "On Monday\n> Free?\nYes", "On Monday\n> Free?\nYes"),
        ("Yes", "Yesterday\n> Free?\nYes", "Yesterday\n> Free?\nYes"),
    ],
)
def test_the_rest_is_what_follows_or_the_whole(new: str, whole: str, rest: str) -> None:
    assert whole[rest_from(new, whole) :] == rest


@pytest.mark.parametrize(
    "endless",
    [
        "> Are you free?\n",
        "\n",
        ">",
        "On Mon, Nov 23, 2026 ",
        f"{GMAIL}\n",
        "From: a\n\n",
        "wrote:\n\n\n\n\n\n",
        "_",
        "a@",
        "-- \n",
        "Sent from my ",
        "* | > ",
        "---------- Forwarded message",
    ],
)
def test_an_endless_history_costs_in_proportion(endless: str) -> None:
    """Python's lines that run are counted, not seconds: ten times the text costs no
    more than ten times as many, give or take what it costs to begin.
    """
    once, often = (steps("Yes\n" + endless * times) for times in (2_000, 20_000))
    assert often < 12 * once + 2_000


def steps(letter: str) -> int:
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += 1
        return counted

    before = sys.gettrace()
    sys.settrace(counted)
    try:
        read_answer(letter)
    finally:
        sys.settrace(before)
    return count
