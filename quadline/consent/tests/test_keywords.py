"""Which whole replies opt out, opt in or ask for help, and which are ordinary talk."""

import pytest

from quadline.consent.keywords import FORMS, Decoration, exact_word, is_exact
from quadline.consent.rules import Keyword, keyword_in

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
    (" start \r\n", START),
    ("UNSTOP", START),
    ("unStop", START),
    # The carrier stays shut to these, so they open nothing here.
    ("Start!", None),
    ("Start.", None),
    ("“START”", None),
    ("ＳＴＡＲＴ", None),
    ("🙂 start", None),
    ("start 🙂", None),
    ("START\u200b", None),
    ("\ufeffSTART", None),
    ("\u00a0START", None),
    ("ſtart", None),
    ("START please", None),
    ("START\n\nMaria", None),
    ("unstop.", None),
    # The FCC's own words, in the ways they are written.
    ("OPT OUT", STOP),
    ("Opt-Out", STOP),
    ("opt-out.", STOP),
    ("opt–out", STOP),
    ("OPT  OUT", STOP),
    ("opt_out", STOP),
    ("Opt\nout", STOP),
    ("“opt out”", STOP),
    ("STOP ALL", STOP),
    ("stop-all", STOP),
    ("Stop all!", STOP),
    ("ＳＴＯＰ　ＡＬＬ", STOP),
    # What phones and pastes leave in and around a word.
    ("ST\u200bOP", STOP),
    ("\u202aSTOP\u202c", STOP),
    ("STO\u00adP", STOP),
    ("\u2060stop\u2060", STOP),
    ("STOP\u2028", STOP),
    ("ſtop", STOP),
    ("STOP\n\nSent from my iPhone", None),
    ("STOP - Maria", None),
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
    ("opt out of the fee", None),
    ("opt in", None),
    ("all stop", None),
    ("stop, all of it", None),
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
YES_EXACTLY = ["YES", "yes", " yes ", "Yes\n"]
YES_IN_OTHER_FORMS = ["Yes!", "yes.", "ＹＥＳ", "👍 yes", "“Yes”", "yes\u200b"]


@pytest.mark.parametrize("is_out", [False, True], ids=["in", "out"])
@pytest.mark.parametrize(("body", "asked"), ALWAYS)
def test_a_whole_reply_is_a_request_and_anything_more_is_talk(
    body: str, asked: Keyword | None, is_out: bool
) -> None:
    found = keyword_in(body, opted_out=is_out)

    assert (found[0] if found else None) is asked


@pytest.mark.parametrize("body", YES_EXACTLY)
def test_yes_opts_in_only_a_student_who_is_out(body: str) -> None:
    assert keyword_in(body, opted_out=True) == (START, "YES")
    assert keyword_in(body, opted_out=False) is None


def test_the_table_above_has_sixty_lines_and_every_keyword() -> None:
    found = {
        word
        for body, _ in ALWAYS
        if (match := keyword_in(body, opted_out=True))
        for word in [match[1]]
    }

    assert len(ALWAYS) >= 60
    assert found == FORMS.keys() - {"YES"}


@pytest.mark.parametrize("body", YES_IN_OTHER_FORMS)
@pytest.mark.parametrize("is_out", [False, True], ids=["in", "out"])
def test_a_yes_the_carrier_would_not_take_opens_nothing(
    body: str, is_out: bool
) -> None:
    assert keyword_in(body, opted_out=is_out) is None


@pytest.mark.parametrize(
    "word", ["STOP", "QUIT", "END", "REVOKE", "OPT OUT", "CANCEL", "UNSUBSCRIBE"]
)
def test_every_word_of_the_rule_opts_out(word: str) -> None:
    assert keyword_in(word, opted_out=False) == (STOP, word)


def test_no_opt_in_of_ours_is_one_that_the_carrier_would_not_take() -> None:
    assert {form.dressed for form in FORMS.values() if form.keyword is START} == {
        Decoration.TALK
    }
    assert all(form.by_carrier for form in FORMS.values() if form.keyword is START)


@pytest.mark.parametrize("body", [body for body, asked in ALWAYS if asked is not HELP])
def test_what_the_carrier_acts_on_we_act_on(body: str) -> None:
    assert keyword_in(body, opted_out=True) or not is_exact(body)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (" Stop\r\n", "STOP"),
        ("ſtop", ""),
        ("ＳＴＯＰ", ""),
        ("\u00a0STOP", ""),
        ("", ""),
    ],
)
def test_the_carrier_compares_plain_letters(body: str, word: str) -> None:
    assert exact_word(body) == word


def test_the_word_that_was_used_is_reported_as_the_carrier_writes_it() -> None:
    assert keyword_in(" ｃａｎｃｅｌ! ", opted_out=False) == (STOP, "CANCEL")
