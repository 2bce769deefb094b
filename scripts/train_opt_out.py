"""Train the classifier of replies that may mean stop; write its weights and the report
of what is found and missed.

The same data and lock file give the same weights: a deterministic solver,
fixed folds. ``make train-opt-out``.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from quadline.consent import stop_classifier as classifier  # noqa: E402
from quadline.consent.tests import labelled, stop_report  # noqa: E402
from quadline.consent.tests.labelled import Reply  # noqa: E402

STRENGTH = 20.0  # C of the fit; 5 and 40 were tried on the folds
SETTLED = 4.0  # times the weight of another line (importance_of)
FOLDS = 5
# Of the talk in the folds, by the classifier alone. Most of that talk was written to
# look like a stop, so it is a bound on the worst: on replies as they come it is a
# fraction of it. Asking once too often costs a click.
MOST_FALSE_ALARMS = 0.08
LARGEST = 127  # a signed byte


def main() -> None:
    replies = labelled.training()
    labels = np.array([reply.is_stop for reply in replies])
    inputs = matrix([reply.body for reply in replies])
    importance = importance_of(replies)
    weights, bias = learned(inputs, labels, importance)
    scale = float(np.abs(weights).max()) / LARGEST
    in_bytes = np.round(weights / scale).astype(np.int8)
    classifier.WEIGHTS.write_bytes(in_bytes.tobytes())
    threshold = threshold_of(inputs, labels, importance)
    description = about(scale, bias, threshold)
    classifier.ABOUT_WEIGHTS.write_text(description, encoding="utf-8")
    # The report reads what was just written.
    classifier.model.cache_clear()
    stop_report.write()
    print(stop_report.text())


def matrix(bodies: Sequence[str]) -> csr_matrix:
    """One row for each reply, by the features that it is read by at run time."""
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for body in bodies:
        for places in classifier.features(body):
            # Of length one: a long reply weighs no more than a short one.
            weight = max(1, len(places)) ** -0.5
            columns += sorted(places)
            values += [weight] * len(places)
        ends.append(len(columns))
    shape = (len(bodies), classifier.HASH_BUCKETS)
    return csr_matrix((values, columns, ends), shape=shape)


def importance_of(replies: Sequence[Reply]) -> np.ndarray:
    """The lines that the phrases are held to are settled by hand; the classifier
    must not contradict them.
    """
    settled = set(labelled.lines())
    return np.array([SETTLED if reply in settled else 1.0 for reply in replies])


def learned(
    inputs: csr_matrix, labels: np.ndarray, importance: np.ndarray
) -> tuple[np.ndarray, float]:
    model = LogisticRegression(
        solver="liblinear",
        C=STRENGTH,
        max_iter=1000,
        random_state=1,
        intercept_scaling=0.2,
    )
    model.fit(inputs, labels, sample_weight=importance)
    return model.coef_[0], float(model.intercept_[0])


def threshold_of(
    inputs: csr_matrix, labels: np.ndarray, importance: np.ndarray
) -> float:
    """Where the talk that is new to a fold raises no more than so many false alarms."""
    scores = np.zeros(len(labels))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    for known, new in folds.split(inputs, labels):
        weights, bias = learned(inputs[known], labels[known], importance[known])
        scores[new] = inputs[new] @ weights + bias
    of_talk = scores[~labels]
    threshold = np.quantile(of_talk, 1 - MOST_FALSE_ALARMS)
    return round(float(threshold), 2)


def about(scale: float, bias: float, threshold: float) -> str:
    return (
        "# Made by `make train-opt-out`, with stop_weights.bin."
        " Not to be written by hand.\n"
        f"scale = {scale:.9f}\n"
        f"bias = {bias:.9f}\n"
        f"threshold = {threshold}\n"
    )


if __name__ == "__main__":
    main()
