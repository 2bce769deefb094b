"""P5 and P10, held against the evidence: timelines that lead upwards only, each step
with its time, cause and author.

What may follow what is written down here once more, and not asked of the product: its
own mistake would agree with itself.
"""

from collections.abc import Iterator

from tests.faults.harness.evidence import Evidence, Row
from tests.faults.harness.load import Done

OPEN = ("waiting", "queued", "sending", "unconfirmed")
# said by the carrier, in any order
MAY_HAVE_IT = ("sent", "delivered", "undelivered", "failed")
LADDER: dict[str, tuple[str, ...]] = {
    "": ("received", "waiting", "queued", "blocked"),
    "received": (),
    "waiting": ("queued", "sending", "blocked", "cancelled"),
    "queued": ("sending", "blocked", "cancelled"),
    "sending": ("unconfirmed", *MAY_HAVE_IT, "blocked"),
    "unconfirmed": (*MAY_HAVE_IT, "blocked"),
    "sent": ("delivered", "undelivered", "failed", "bounced"),
    "undelivered": ("delivered", "emailed", "unreached"),
    "failed": ("delivered", "emailed", "unreached"),
    "blocked": ("emailed", "unreached"),
    "emailed": ("unreached",),
    "delivered": (),
    "cancelled": (),
    "bounced": (),
    "unreached": (),
}
ENDS = {*LADDER} - {"", "received", *OPEN}
BY_PEOPLE = ("written", "cancelled", "by_hand", "broadcast stopped")  # causes of events


def no_status_falls_and_each_has_its_event(seen: Evidence, done: Done) -> Iterator[str]:
    """P5 and P10: the timeline, played from its beginning, leads to
    where the message stands, upwards only.
    """
    for message in seen.messages:
        events = seen.events.get(message["id"], [])
        stands = played(events)
        if stands != message["status"]:
            chain = " ".join(
                f"{event['from_status']}>{event['to_status']}({event['cause']})"
                for event in events
            )
            yield (
                f"{message['body']!r} is {message['status']}; its timeline leads to"
                f" {stands}: {chain}"
            )


def each_event_says_when_why_and_by_whom(seen: Evidence, done: Done) -> Iterator[str]:
    """P10. What a person did, in the load each its own author, bears their name."""
    for message in seen.messages:
        events = seen.events.get(message["id"], [])
        begun = [event["cause"] for event in events[:1]]
        if begun != (["written"] if message["direction"] == "outbound" else ["reply"]):
            yield f"{message['body']!r} begins with {begun}"
        for event in events:
            if not (event["cause"] and event["at"]):
                yield (
                    f"{message['body']!r} became {event['to_status']} at {event['at']}"
                    f" for {event['cause']!r}"
                )
            if event["cause"] in BY_PEOPLE and (
                event["actor_id"] is None or event["actor_id"] != message["author_id"]
            ):
                yield (
                    f"{message['body']!r} of {message['author_id']} was"
                    f" {event['cause']} by {event['actor_id']}"
                )


def played(events: list[Row]) -> str:
    """Where a timeline leads. News that came too late stays on it and moves nothing."""
    stands = ""
    for event in events:
        if event["from_status"] and stands and event["from_status"] != stands:
            return f"a gap between {stands} and {event['from_status']}"
        if event["to_status"] in LADDER[stands]:
            stands = event["to_status"]
    return stands
