"""What the trained classifier finds and misses, and that its weights and its report are those of the data beside them."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadline.consent import stop_classifier
from quadline.consent.phrases import LONGEST_PHRASE, certain_phrase_in, stop_phrase_in
from quadline.consent.tests import families, labelled, stop_report

ROOT = Path(__file__).parents[3]
CASES = labelled.in_file(labelled.FOLDER / "cases.txt")
FRESH = labelled.in_file(labelled.FOLDER / "fresh.txt")
LARGEST_FILE = 200_000  # bytes


@pytest.mark.parametrize("reply", CASES, ids=lambda reply: reply.body)
def test_replies_that_were_once_misread(reply: labelled.Reply) -> None:
    assert stop_report.asks(reply.body) is reply.is_stop


@pytest.mark.parametrize(
    "body",
    [
        "stop\u200b texting me",
        "s\u00adtop texting",
        "рlease stор texting me",  # with Cyrillic letters
        "ＳＴＯＰ ｔｅｘｔｉｎｇ",
        "sto0op plz",
        "STOP2END",
        "STOP4EVER",
        "dooon't text me anymore",
        "🛑🏽 please",
        "deja de escribirme porfa",
        "别再给我发短信了",
        "xin đừng nhắn nữa",
        "XIN DUNG NHAN NUA",
        "لا ترسلوا لي رسائل",
        "STOP\n\nSent from my iPhone",
    ],
)
def test_a_stop_in_disguise_is_put_to_a_person(body: str) -> None:
    assert stop_report.asks(body)


def test_where_no_phrase_is_certain_the_reply_itself_is_named() -> None:
    body = "Would it be possible to only reach me through email from now on? I would rather not have school on my phone."

    assert certain_phrase_in(body) is None
    assert stop_phrase_in(body) == body[:LONGEST_PHRASE]


def test_a_wish_at_the_end_of_a_long_story_counts() -> None:
    story = "I was in class all day and the bus was late. " * 20

    assert certain_phrase_in(f"{story} ya no me escriban") or stop_phrase_in(f"{story} 别再给我发短信了")
    assert stop_phrase_in(f"{story} 别再给我发短信了")
    assert stop_phrase_in(story) is None


@pytest.mark.parametrize("body", ["", " ", "...", "?!", "____", "0", "734 555 0188", "#", "’’’"])
def test_signs_and_digits_alone_ask_nothing(body: str) -> None:
    assert stop_phrase_in(body) is None


# The data


def test_there_are_many_replies_and_three_in_ten_are_held_back() -> None:
    training, held_back = labelled.in_folder("training"), labelled.held_back()

    assert len(training) + len(held_back) >= 1500
    assert 0.2 < len(held_back) / (len(training) + len(held_back)) < 0.35
    assert {reply.language for reply in held_back} == set(stop_report.LANGUAGES)


def test_no_reply_says_both() -> None:
    said = dict[str, bool]()
    for reply in [*labelled.training(), *labelled.held_back()]:
        assert said.setdefault(reply.body, reply.is_stop) is reply.is_stop, reply.body


def test_nothing_held_back_has_a_twin_in_training() -> None:
    assert list(families.twins(labelled.held_back(), labelled.training())) == []


def test_twins_are_seen_through_courtesies() -> None:
    one = labelled.Reply("english", True, "please stop texting my phone")
    other = labelled.Reply("english", True, "Stop texting my phone!! thanks")

    assert list(families.twins([one], [other])) == [(one, other)]
    assert list(families.twins([one], [labelled.Reply("english", True, "wrong number")])) == []


# What it finds


def test_the_report_in_the_docs_is_the_one_that_comes_out() -> None:
    page = stop_report.PAGE.read_text(encoding="utf-8")

    assert page.split(stop_report.BEGIN)[1].split(stop_report.END)[0] == stop_report.text(), "make train-opt-out"


def test_nearly_all_of_the_fresh_list_is_read_rightly() -> None:
    recall, alarms = stop_report.rates(FRESH)

    assert recall >= 0.95
    assert alarms <= 0.03


@pytest.mark.parametrize(("language", "least"), [("english", 0.84), ("spanish", 0.84), ("other", 0.65)])
def test_what_is_held_back_is_mostly_found(language: str, least: float) -> None:
    recall, alarms = stop_report.rates([reply for reply in labelled.held_back() if reply.language == language])

    assert recall >= least
    assert alarms <= 0.12, "most of that talk was written to look like a stop"


# The weights


def test_the_weights_are_small_and_fit_the_table() -> None:
    assert stop_classifier.WEIGHTS.stat().st_size == stop_classifier.TABLE <= LARGEST_FILE


def test_training_again_gives_the_same_weights() -> None:
    training = _training_script()
    replies = labelled.training()
    inputs = training.matrix([reply.body for reply in replies])
    labels = training.np.array([reply.is_stop for reply in replies])
    weights, bias = training.learned(inputs, labels, training.importance_of(replies))
    shipped = training.np.frombuffer(stop_classifier.WEIGHTS.read_bytes(), dtype=training.np.int8)

    assert bias == pytest.approx(stop_classifier.model().bias, abs=1e-3)
    # Another processor may round the last digit otherwise.
    assert abs(training.np.round(weights / stop_classifier.model().scale) - shipped).max() <= 1


def test_reading_a_reply_needs_no_library() -> None:
    code = (
        "import sys; from quadline.consent.phrases import stop_phrase_in; stop_phrase_in('hello');"
        "sys.exit(bool({'numpy', 'scipy', 'sklearn'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=1600))
def test_any_text_is_scored(body: str) -> None:
    assert isinstance(stop_classifier.score(body), float)


def _training_script() -> ModuleType:
    path = ROOT / "scripts" / "train_opt_out.py"
    spec = importlib.util.spec_from_file_location("train_opt_out", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
