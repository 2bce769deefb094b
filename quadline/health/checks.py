"""The law of each check: facts in, one finding out. No database here.

Never more is said than is known: a quiet night is no fault, and no proof either.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from quadline.health.facts import (
    CallbackFacts,
    CarrierFacts,
    DatabaseFacts,
    MailFacts,
    Queue,
    SourceFacts,
    WorkerFacts,
)
from quadline.health.rules import (
    Finding,
    HealthCheck,
    HealthLevel,
    counted,
    spoken_moment,
    spoken_time,
    worst_level,
)
from quadline.roster.runs.rules import Trouble

# A worker writes one every ten seconds; others take over its jobs after thirty.
WORKER_SILENT_FOR = timedelta(seconds=60)
# The log is read every minute, and a reading after an outage takes some.
LOG_UNREAD_FOR = timedelta(minutes=5)
# One text without an answer may be one lost packet; three in a row are none.
FAILING_TEXTS = 3
FAILING_FOR = timedelta(minutes=2)
# Texts that failed are tried every five minutes at least; what failed longer ago is
# over, or nobody texts.
FAILING_WITHIN = timedelta(minutes=15)
# A callback may be lost. Five texts in a row without any are no accident.
TEXTS_WITHOUT_CALLBACK = 5
# An email that was tried once may be the mail server's greylisting.
MAIL_REFUSED_FOR = timedelta(minutes=5)
QUIET_AFTER = timedelta(hours=24)
CONNECTIONS_WATCHED, CONNECTIONS_FULL = 0.8, 0.95
IDLE_FOR = timedelta(
    minutes=10
)  # it keeps old rows, and any change of a table, waiting
ROSTER_WORDS = {
    Trouble.LATE: "The file of {name} has not come.",
    Trouble.MISSING: "No file of {name} has come for more than a day.",
    Trouble.ODD: "The last file of {name} was not imported.",
}
ROSTER_STEPS = {
    Trouble.LATE: "Look at the export in your student system.",
    Trouble.MISSING: "Look at the export in your student system.",
    Trouble.ODD: "See what was wrong with it under Roster.",
}
START_A_WORKER = (
    "Ask whoever runs the server to start one: quadline worker. Texts, emails and"
    " replies are kept until then."
)
ASK_THE_CARRIER = (
    "Look at the carrier's status page. If it reports no fault, check its account and"
    " token with quadline doctor. Texts wait and are tried again."
)


def check_workers(facts: WorkerFacts, *, now: datetime) -> Finding:
    last = max(filter(None, (facts.beat_at, facts.ticked_at)), default=None)
    if facts.beat_at and now - facts.beat_at <= WORKER_SILENT_FOR:
        return Finding(HealthCheck.WORKERS, HealthLevel.GREEN, "A worker is running.")
    if last is None:
        what = "No worker has run yet. Nothing is sent."
    else:
        at = spoken_time(last, now)
        what = f"No worker has been running since {at}. Nothing is sent."
    return Finding(HealthCheck.WORKERS, HealthLevel.RED, what, START_A_WORKER, last)


def check_carrier(
    facts: CarrierFacts, *, now: datetime, has_worker: bool = True
) -> Finding:
    if not has_worker:
        what = "Nobody asks the carrier while no worker is running."
        return Finding(HealthCheck.CARRIER, HealthLevel.UNKNOWN, what)
    if red := _no_answer(facts, now) or _no_log(facts, now):
        return red
    if facts.turned_down:
        texts = counted(facts.turned_down, "text")
        return Finding(
            HealthCheck.CARRIER,
            HealthLevel.YELLOW,
            f"The carrier refused {texts} within an hour: {facts.turned_down_words}",
            "Fix it in the carrier's console. Failures below say which code it gave.",
        )
    if facts.asked_at and now - facts.asked_at <= LOG_UNREAD_FOR:
        return Finding(HealthCheck.CARRIER, HealthLevel.GREEN, _answers(facts, now))
    if facts.asked_at is None:
        return Finding(
            HealthCheck.CARRIER,
            HealthLevel.UNKNOWN,
            "The carrier has not been asked yet.",
        )
    at = spoken_moment(facts.asked_at, now)
    return Finding(
        HealthCheck.CARRIER,
        HealthLevel.UNKNOWN,
        f"The carrier was last asked {at}. Nobody has asked it since.",
        "See Queues: a worker must work on the queue receipts.",
        facts.asked_at,
    )


def _no_answer(facts: CarrierFacts, now: datetime) -> Finding | None:
    since, last = facts.failing_since, facts.failed_at
    if since is None or last is None or facts.failing < FAILING_TEXTS:
        return None
    if now - since < FAILING_FOR or now - last > FAILING_WITHIN:
        return None
    texts = counted(facts.failing, "attempt")
    what = (
        f"The carrier does not answer: {texts} failed since {spoken_time(since, now)}."
    )
    return Finding(HealthCheck.CARRIER, HealthLevel.RED, what, ASK_THE_CARRIER, since)


def _no_log(facts: CarrierFacts, now: datetime) -> Finding | None:
    """It is asked for replies once a minute, however quiet the night."""
    refused, asked = facts.refused_at, facts.asked_at
    if refused is None or (asked is not None and asked >= refused):
        return None
    if asked is not None and now - asked < FAILING_FOR:
        return None
    said = facts.why or "It cannot be reached."
    what = f"Nothing can be read from the carrier. {said}"
    return Finding(HealthCheck.CARRIER, HealthLevel.RED, what, ASK_THE_CARRIER, asked)


def _answers(facts: CarrierFacts, now: datetime) -> str:
    assert facts.asked_at is not None
    words = f"The carrier answers, last {spoken_moment(facts.asked_at, now)}."
    if facts.taken_at:
        words += f" It last took a text {spoken_moment(facts.taken_at, now)}."
    return words


def check_callbacks(facts: CallbackFacts, *, now: datetime) -> Finding:
    step = (
        "Check that PUBLIC_URL can be reached from the internet, then run quadline"
        " connect_carrier. Until then Quadline reads the carrier's log, later."
    )
    if facts.left:
        texts = counted(facts.left, "text")
        since = spoken_time(facts.left_since, now) if facts.left_since else ""
        return Finding(
            HealthCheck.CALLBACKS,
            HealthLevel.RED
            if facts.left >= TEXTS_WITHOUT_CALLBACK
            else HealthLevel.YELLOW,
            f"{texts} left since {since}, and no callback came for any of them.",
            step,
            facts.left_since,
        )
    if facts.fetched:
        replies = counted(facts.fetched, "reply", "replies")
        is_red = not facts.called and facts.fetched >= TEXTS_WITHOUT_CALLBACK
        return Finding(
            HealthCheck.CALLBACKS,
            HealthLevel.RED if is_red else HealthLevel.YELLOW,
            f"{replies} of the last hour had to be fetched from the carrier's log.",
            step,
        )
    if _mostly_silent(facts):
        texts = counted(facts.recent, "text")
        return Finding(
            HealthCheck.CALLBACKS,
            HealthLevel.YELLOW,
            f"{facts.silent:,} of the last {texts} left without a receipt.",
            "Some networks never send one. If it stays so, look at the carrier's log.",
        )
    if facts.came_at is None:
        return Finding(
            HealthCheck.CALLBACKS, HealthLevel.UNKNOWN, "No text has left yet."
        )
    at = spoken_moment(facts.came_at, now)
    if now - facts.came_at > QUIET_AFTER:
        what = f"The last callback came {at}. No text has left since."
        return Finding(HealthCheck.CALLBACKS, HealthLevel.UNKNOWN, what)
    return Finding(
        HealthCheck.CALLBACKS,
        HealthLevel.GREEN,
        f"Callbacks arrive, the last one {at}.",
    )


def _mostly_silent(facts: CallbackFacts) -> bool:
    return facts.recent >= 2 * TEXTS_WITHOUT_CALLBACK and (
        2 * facts.silent > facts.recent
    )


def check_mail(facts: MailFacts, *, now: datetime, has_worker: bool = True) -> Finding:
    if not facts.is_set_up:
        return Finding(
            HealthCheck.MAIL,
            HealthLevel.RED,
            "Email is not set up. A text that cannot be delivered reaches nobody, and"
            " administrators are told nothing.",
            "Set EMAIL_URL or EMAIL_SERVICE and restart Quadline.",
        )
    if facts.waiting or facts.letters:
        return _mail_waits(facts, now, has_worker)
    if facts.taken_at and now - facts.taken_at <= QUIET_AFTER:
        at = spoken_moment(facts.taken_at, now)
        what = f"The mail server took the last email {at}."
        return Finding(HealthCheck.MAIL, HealthLevel.GREEN, what)
    what = "No email to a student was sent within a day, so nothing is known."
    return Finding(HealthCheck.MAIL, HealthLevel.UNKNOWN, what)


def _mail_waits(
    facts: MailFacts,
    now: datetime,
    has_worker: bool,
) -> Finding:
    parts = []
    if facts.waiting:
        parts.append(counted(facts.waiting, "email") + " to students")
    if facts.letters:
        parts.append(counted(facts.letters, "email") + " to staff")
    are = "is" if facts.waiting + facts.letters == 1 else "are"
    what = f"{' and '.join(parts)} {are} not sent yet. {facts.why}".strip()
    # One that waits while later ones are taken waits for a reason of its own.
    refused = facts.refused_since
    is_refused = refused is not None and now - refused >= MAIL_REFUSED_FOR
    is_red = has_worker and is_refused
    return Finding(
        HealthCheck.MAIL,
        HealthLevel.RED if is_red else HealthLevel.YELLOW,
        what,
        "Check the mail server and EMAIL_URL. Emails are kept and tried again"
        " automatically.",
        refused if is_red else facts.waiting_since,
    )


def check_queues(
    queues: Sequence[Queue], *, failed_jobs: int, late_after: timedelta, now: datetime
) -> Finding:
    """``late_after``: what has been due for longer is red; half of it is yellow."""
    old = sorted(
        (
            queue
            for queue in queues
            if queue.since and now - queue.since > late_after / 2
        ),
        key=lambda queue: queue.since or now,
    )
    if old:
        since = old[0].since
        assert since is not None
        levels = [
            HealthLevel.RED
            if queue.since and now - queue.since > late_after
            else HealthLevel.YELLOW
            for queue in old
        ]
        said = [counted(queue.count, queue.what, queue.many) for queue in old]
        what = (
            f"{_listed(said)}: the oldest has waited since {spoken_time(since, now)}."
        )
        step = (
            "If no worker is running, start one. If the carrier or email is red, fix"
            " that first: they leave then. Else start a second worker."
        )
        return Finding(HealthCheck.QUEUES, worst_level(levels), what, step, since)
    if failed_jobs:
        jobs = counted(failed_jobs, "job")
        return Finding(
            HealthCheck.QUEUES,
            HealthLevel.YELLOW,
            f"Nothing waits too long. {jobs} failed for good.",
            "Whoever runs the server finds why in the log of the worker.",
        )
    return Finding(
        HealthCheck.QUEUES, HealthLevel.GREEN, "Nothing waits longer than it should."
    )


def check_rosters(sources: Sequence[SourceFacts], *, now: datetime) -> Finding:
    troubled = [source for source in sources if source.trouble]
    if troubled:
        # In the words of the letter that administrators got of each.
        said = [_roster_words(source, now) for source in troubled]
        steps = dict.fromkeys(ROSTER_STEPS[Trouble(each.trouble)] for each in troubled)
        told = [source.told_at for source in troubled if source.told_at]
        return Finding(
            HealthCheck.ROSTER,
            HealthLevel.RED,
            " ".join(said),
            " ".join(steps),
            min(told, default=None),
        )
    if not sources:
        what = "No student system sends files automatically."
        return Finding(HealthCheck.ROSTER, HealthLevel.UNKNOWN, what)
    came = [source.arrived_at for source in sources if source.arrived_at]
    if not came:
        return Finding(HealthCheck.ROSTER, HealthLevel.UNKNOWN, "No file has come yet.")
    what = f"The last file came {spoken_moment(max(came), now)}."
    return Finding(HealthCheck.ROSTER, HealthLevel.GREEN, what)


def _roster_words(source: SourceFacts, now: datetime) -> str:
    words = ROSTER_WORDS[Trouble(source.trouble)].format(name=source.name)
    if source.trouble == Trouble.LATE and source.expected_by:
        words += f" It was expected by {source.expected_by:%-I:%M %p}."
    if source.trouble != Trouble.ODD and source.arrived_at:
        words += f" The last one came {spoken_moment(source.arrived_at, now)}."
    return words


def check_database(facts: DatabaseFacts) -> Finding:
    used = facts.connections / max(facts.most_connections, 1)
    open_now = (
        f"{facts.connections} of {facts.most_connections} connections are in use."
    )
    if used >= CONNECTIONS_WATCHED:
        return Finding(
            HealthCheck.DATABASE,
            HealthLevel.RED if used >= CONNECTIONS_FULL else HealthLevel.YELLOW,
            open_now,
            "Run fewer processes, or raise max_connections of PostgreSQL.",
        )
    if facts.idle_for > IDLE_FOR:
        minutes = counted(int(facts.idle_for.total_seconds() // 60), "minute")
        return Finding(
            HealthCheck.DATABASE,
            HealthLevel.YELLOW,
            f"A transaction has been open for {minutes} and does nothing.",
            "Ask whoever runs the database to find and end it (pg_stat_activity).",
        )
    return Finding(
        HealthCheck.DATABASE, HealthLevel.GREEN, f"The database answers. {open_now}"
    )


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
