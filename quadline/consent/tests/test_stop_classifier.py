"""What the trained classifier finds and misses, and that its weights and its report are
those of the data in the same folder.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadline.consent import stop_classifier
from quadline.consent.phrases import MAX_KEPT_PHRASE, certain_phrase_in, stop_phrase_in
from quadline.consent.tests import families, labelled, stop_report

ROOT = Path(__file__).parents[3]
CASES = labelled.in_file(labelled.FOLDER / "cases.txt")
FRESH = labelled.in_file(labelled.FOLDER / "fresh.txt")
SECOND = labelled.in_file(labelled.FOLDER / "fresh_2.txt")
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
    body = (
        "Would it be possible to only reach me through email from now on? I would"
        " rather not have school on my phone."
    )

    assert certain_phrase_in(body) is None
    assert stop_phrase_in(body) == body[:MAX_KEPT_PHRASE]


def test_a_wish_at_the_end_of_a_long_story_counts() -> None:
    story = "I was in class all day and the bus was late. " * 20

    assert certain_phrase_in(f"{story} ya no me escriban") or stop_phrase_in(
        f"{story} 别再给我发短信了"
    )
    assert stop_phrase_in(f"{story} 别再给我发短信了")
    assert stop_phrase_in(story) is None


STORY = "I went to the library and then to the bursar, and they sent me to aid. "


@pytest.mark.parametrize(
    "body",
    [
        f"{STORY * 10}Please lose my number. {STORY * 10}",
        f"Please do not ever message this phone again. {STORY * 20}",
        f"{STORY * 20}Please do not ever message this phone again",
        (
            f"{STORY.replace(',', '').replace('.', '') * 10}and please quit messaging"
            " this phone"
        ),
    ],
    ids=["in the middle", "first", "last", "without a full stop"],
)
def test_a_wish_anywhere_in_a_long_reply_scores_like_a_stop(body: str) -> None:
    assert len(body) > stop_classifier.MAX_READ_AT_ONCE * 2
    assert stop_classifier.reads_like_a_stop(body)


def test_a_long_story_without_a_wish_does_not() -> None:
    assert not stop_classifier.reads_like_a_stop(STORY * 20)


@pytest.mark.parametrize(
    "body", [STORY * 22, "x" * 1600, "ab " * 533, "a. " * 533, "不" * 1600]
)
def test_a_long_reply_costs_little_more_than_a_short_one(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in what is read, since a clock would depend on the machine."""
    read: list[int] = []
    features = stop_classifier._features

    def counted(words: Sequence[str]) -> list[set[int]]:
        read.append(len(" ".join(words)[: stop_classifier.MAX_READ_AT_ONCE]))
        return features(words)

    monkeypatch.setattr(stop_classifier, "_features", counted)
    stop_classifier.score(body)

    assert sum(read) <= 2 * stop_classifier.MAX_READ_AT_ONCE


@pytest.mark.parametrize(
    "body", ["", " ", "...", "?!", "____", "0", "734 555 0188", "#", "’’’"]
)
def test_signs_and_digits_alone_ask_nothing(body: str) -> None:
    assert stop_phrase_in(body) is None


# The data


def test_there_are_many_replies_and_two_thousand_are_held_back() -> None:
    training, held_back = labelled.in_folder("training"), labelled.held_back()

    assert len(training) + len(held_back) >= 1500
    assert len(held_back) >= 2000
    assert {reply.language for reply in held_back} == set(stop_report.LANGUAGES)


def test_no_reply_says_both() -> None:
    said = dict[str, bool]()
    for reply in [*labelled.training(), *labelled.held_back()]:
        assert said.setdefault(reply.body, reply.is_stop) is reply.is_stop, reply.body


@pytest.mark.slow
def test_nothing_held_back_has_a_duplicate_in_training() -> None:
    assert list(families.twins(labelled.held_back(), labelled.training())) == []


def test_duplicates_are_seen_through_courtesies() -> None:
    one = labelled.Reply("english", True, "please stop texting my phone")
    other = labelled.Reply("english", True, "Stop texting my phone!! thanks")

    assert list(families.twins([one], [other])) == [(one, other)]
    assert (
        list(families.twins([one], [labelled.Reply("english", True, "wrong number")]))
        == []
    )


# What it finds


def test_the_report_in_the_docs_is_the_one_that_comes_out() -> None:
    page = stop_report.PAGE.read_text(encoding="utf-8")

    assert (
        page.split(stop_report.BEGIN)[1].split(stop_report.END)[0] == stop_report.text()
    ), "make train-opt-out"


@pytest.mark.parametrize(
    ("replies", "least"), [(FRESH, 0.955), (SECOND, 0.945)], ids=["first", "second"]
)
def test_nearly_all_of_a_fresh_list_is_read_rightly(
    replies: list[labelled.Reply], least: float
) -> None:
    recall, alarms = stop_report.rates(replies)

    assert recall >= least
    assert alarms <= 0.03


HELD_BACK_FLOORS = [
    ("english", 0.89),
    ("spanish", 0.91),
    ("french", 0.85),
    ("chinese", 0.87),
    ("vietnamese", 0.90),
    ("arabic", 0.87),
    ("other", 0.87),
]


@pytest.mark.parametrize(("language", "least"), HELD_BACK_FLOORS)
def test_what_is_held_back_is_mostly_found(language: str, least: float) -> None:
    recall, alarms = stop_report.rates(
        [reply for reply in labelled.held_back() if reply.language == language]
    )

    assert recall >= least
    assert alarms <= 0.12, "most of that talk was written to look like a stop"


# The weights


def test_the_weights_are_small_and_fit_the_table() -> None:
    assert (
        stop_classifier.WEIGHTS.stat().st_size
        == stop_classifier.HASH_BUCKETS
        <= LARGEST_FILE
    )


@pytest.mark.slow
def test_training_again_gives_the_same_weights() -> None:
    training = _training_script()
    replies = labelled.training()
    inputs = training.matrix([reply.body for reply in replies])
    labels = training.np.array([reply.is_stop for reply in replies])
    weights, bias = training.learned(inputs, labels, training.importance_of(replies))
    shipped = training.np.frombuffer(
        stop_classifier.WEIGHTS.read_bytes(), dtype=training.np.int8
    )

    assert bias == pytest.approx(stop_classifier.model().bias, abs=1e-3)
    # Another processor may round the last digit otherwise.
    assert (
        abs(training.np.round(weights / stop_classifier.model().scale) - shipped).max()
        <= 1
    )


def test_reading_a_reply_needs_no_library() -> None:
    code = (
        "import sys; from quadline.consent.phrases import stop_phrase_in;"
        " stop_phrase_in('hello');sys.exit(bool({'numpy', 'scipy', 'sklearn'} &"
        " set(sys.modules)))"
    )

    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode
        == 0
    )


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
