"""Which whole replies opt out, opt in or ask for help, and which are ordinary talk."""

import pytest

from quadline.consent.rules import KEYWORDS, Keyword, keyword_in

STOP, START, HELP = Keyword.STOP, Keyword.START, Keyword.HELP

# What the student wrote, and what it asks for whether or not they are opted out.
ALWAYS: list[tuple[str, Keyword | None]] = [
    ("STOP", STOP),
    ("stop", STOP),
    ("Stop", STOP),
    ("sToP", STOP),
    (" stop ", STOP),
    ("stop\n", STOP),
    ("\n\nStop\r\n", STOP),
    ("\u00a0STOP\u00a0", STOP),
    ("\u200bSTOP", STOP),
    ("\ufeffstop", STOP),
    ("STOP.", STOP),
    ("STOP!", STOP),
    ("stop!!!", STOP),
    ("Stop…", STOP),
    ("“STOP”", STOP),
    ("'stop'", STOP),
    ("‘Stop’", STOP),
    ("(stop)", STOP),
    ("*STOP*", STOP),
    ("_stop_", STOP),
    ("--stop--", STOP),
    ("STOP?", STOP),
    ("stop,", STOP),
    ("STOP 🛑", STOP),
    ("🛑🛑 stop 🛑🛑", STOP),
    ("STOP ✋🏽", STOP),
    ("stop ❤\ufe0f", STOP),
    ("ＳＴＯＰ", STOP),
    ("ｓｔｏｐ！", STOP),
    ("𝐒𝐓𝐎𝐏", STOP),
    ("STOPALL", STOP),
    ("StopAll", STOP),
    ("unsubscribe", STOP),
    ("UNSUBSCRIBE!", STOP),
    ("Cancel", STOP),
    ("cancel.", STOP),
    ("END", STOP),
    ("end", STOP),
    ("Quit", STOP),
    ("optout", STOP),
    ("OPTOUT", STOP),
    ("revoke", STOP),
    ("START", START),
    ("start", START),
    ("Start!", START),
    ("ＳＴＡＲＴ", START),
    ("🙂 start", START),
    ("UNSTOP", START),
    ("unstop.", START),
    ("HELP", HELP),
    ("help?", HELP),
    ("Help!", HELP),
    ("info", HELP),
    ("ＩＮＦＯ", HELP),
    ("don't stop", None),
    ("don’t stop", None),
    ("Don't stop!", None),
    ("stop by my office", None),
    ("Can I stop by at 3?", None),
    ("stop it", None),
    ("STOP PLEASE", None),
    ("please stop", None),
    ("stop texting me", None),
    ("Stop. I have class", None),
    ("STOP STOP", None),
    ("STOP2", None),
    ("2stop", None),
    ("S T O P", None),
    ("s.t.o.p", None),
    ("non-stop", None),
    ("nonstop", None),
    ("stopping", None),
    ("bus stop", None),
    ("Cancel my appointment", None),
    ("please cancel", None),
    ("the end", None),
    ("weekend", None),
    ("I quit", None),
    ("opt out", None),
    ("start over", None),
    ("When does class start?", None),
    ("restart", None),
    ("help me", None),
    ("Can you help?", None),
    ("information", None),
    ("no más", None),
    ("ok", None),
    ("no", None),
    ("", None),
    ("   ", None),
    ("🛑", None),
    ("...", None),
    ("停止", None),
    ("YES please", None),
    ("yesterday", None),
]
# "Yes" answers a question, unless the student is out: then it is the way back.
YES_IN_ALL_FORMS = ["YES", "yes", "Yes!", "yes.", " yes ", "ＹＥＳ", "👍 yes", "“Yes”"]


@pytest.mark.parametrize("is_out", [False, True], ids=["in", "out"])
@pytest.mark.parametrize(("body", "asked"), ALWAYS)
def test_a_whole_reply_is_a_request_and_anything_more_is_talk(body: str, asked: Keyword | None, is_out: bool) -> None:
    found = keyword_in(body, opted_out=is_out)

    assert (found[0] if found else None) is asked


@pytest.mark.parametrize("body", YES_IN_ALL_FORMS)
def test_yes_opts_in_only_a_student_who_is_out(body: str) -> None:
    assert keyword_in(body, opted_out=True) == (START, "YES")
    assert keyword_in(body, opted_out=False) is None


def test_the_table_above_has_sixty_lines_and_every_keyword() -> None:
    found = {word for body, _ in ALWAYS if (match := keyword_in(body, opted_out=True)) for word in [match[1]]}

    assert len(ALWAYS) >= 60
    assert found == KEYWORDS.keys() - {"YES"}


def test_the_word_that_was_used_is_reported_as_the_carrier_writes_it() -> None:
    assert keyword_in(" ｃａｎｃｅｌ! ", opted_out=False) == (STOP, "CANCEL")
