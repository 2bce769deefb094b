"""The law on answering STOP and HELP: who must, how soon, and what
the answer says. No database here.

The carrier answers both automatically, and Quadline sends no second answer: one
confirmation of an opt-out is allowed, within five minutes, without any marketing (47
CFR 64.1200(a)(12)). The networks ask that HELP names the sender and says how to stop
(CTIA Messaging Principles, 2023).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WITHIN = timedelta(minutes=5)


class AskedFor(StrEnum):
    """What a student texted that the carrier answers."""

    STOP = "stop"
    HELP = "help"


@dataclass(frozen=True)
class Request:
    """One such text, and the answer to it as the carrier's log has
    it. Both times are the carrier's.
    """

    asked: AskedFor
    at: datetime
    answer: str = ""
    answered_at: datetime | None = None

    @property
    def is_answered_in_time(self) -> bool:
        if self.answered_at is None:
            return False
        return self.answered_at - self.at <= WITHIN


@dataclass(frozen=True)
class Summary:
    """How often one of them was asked and answered in time,
    and the newest answer's words.
    """

    asked: AskedFor
    times: int
    answered: int
    wording: str
    last_at: datetime


def summaries(requests: Sequence[Request]) -> list[Summary]:
    """One for each that was asked at all."""
    found: list[Summary] = []
    for asked in AskedFor:
        of_kind = [each for each in requests if each.asked is asked]
        if of_kind:
            found.append(_summary(asked, of_kind))
    return found


def _summary(asked: AskedFor, requests: Sequence[Request]) -> Summary:
    in_order = sorted(requests, key=lambda each: each.at)
    answered = [each for each in in_order if each.is_answered_in_time]
    wording = answered[-1].answer if answered else ""
    return Summary(
        asked=asked,
        times=len(in_order),
        answered=len(answered),
        wording=wording,
        last_at=in_order[-1].at,
    )


def faults_in(summary: Summary, *, college: str, wanted: str = "") -> list[str]:
    """What is wrong, in words for an administrator; empty when all is well.

    ``wanted``: what the college wants HELP to be answered with, if it has said so.
    """
    name = summary.asked.upper()
    missed = summary.times - summary.answered
    faults = []
    if missed:
        faults.append(
            f"{missed} of {summary.times} {name} replies got no answer from the carrier"
            " within five minutes. Opt-out handling may be off there."
        )
    if summary.answered:
        faults += _faults_of_wording(summary.asked, summary.wording, college)
        is_of_help = summary.asked is AskedFor.HELP
        if is_of_help and wanted and not _reads_alike(summary.wording, wanted):
            faults.append("The answer to HELP is not the one under Manage › Settings.")
    return faults


def _reads_alike(wording: str, wanted: str) -> bool:
    """But for white space: a carrier's form may break lines or trim them."""
    return wording.split() == wanted.split()


def _faults_of_wording(
    asked: AskedFor,
    wording: str,
    college: str,
) -> list[str]:
    said = wording.casefold()
    if asked is AskedFor.STOP:
        return (
            []
            if "start" in said
            else ["The answer to STOP does not say how to opt back in (START)."]
        )
    faults = []
    if "stop" not in said:
        faults.append("The answer to HELP does not say how to opt out (STOP).")
    if college.casefold() not in said:
        faults.append(f"The answer to HELP does not name {college}.")
    return faults
