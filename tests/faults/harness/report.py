"""What a run showed, in words and as a page of the documentation."""

from collections import Counter
from dataclasses import dataclass, field

from tests.faults.harness import checker, opting
from tests.faults.harness.evidence import Evidence, token_in
from tests.faults.harness.load import Done

LOSSES = (
    "nothing acknowledged is lost",
    "each reply once",
    "one email per undelivered text",
    "every email is in its mailbox",
)
NOTHING_HAPPENED_YET = (", asked for", ", not reached")


@dataclass
class Report:
    seed: int
    seconds: float
    # by the nemesis; what the carrier was asked for, and how often it struck, are told
    # apart
    struck: Counter[str]
    done: Done
    seen: Evidence
    # seconds from when everything was alive again until all was settled
    recovered_after: float
    left: dict[str, int]  # what was not settled in time
    broken: dict[str, list[str]] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not self.broken and not self.left

    @property
    def strikes(self) -> Counter[str]:
        """What did go wrong: a fault that met no text is none."""
        happened = Counter(
            {
                name: count
                for name, count in self.struck.items()
                if not name.endswith(NOTHING_HAPPENED_YET)
            }
        )
        return happened + Counter(
            {f"carrier: {fault}": count for fault, count in self.seen.faults.items()}
        )

    def figures(self) -> dict[str, int | str]:
        seen = self.seen
        sent = [line for line in seen.accepts if token_in(line["body"])]
        twice = Counter((line["to"], token_in(line["body"])) for line in sent)
        return {
            "Faults that struck": self.strikes.total(),
            "Texts written": len(seen.texts),
            "Texts the carrier took": len(sent),
            "Texts it took twice": sum(count - 1 for count in twice.values()),
            "Replies of students": len(seen.inbound),
            "Texts, emails or replies lost": sum(
                len(self.broken.get(promise, [])) for promise in LOSSES
            ),
            "Opt-outs": sum(entry["change"] == "opt_out" for entry in seen.consent),
            "Texts after STOP": len(self.broken.get("no text after a stop", [])),
            "Of calls that hung longer than a STOP waits": (
                opting.texts_the_carrier_held_on_to(seen)
            ),
            "Emails that arrived": sum(not mail["repeated"] for mail in seen.mail),
            "The same email again (one Message-ID)": sum(
                bool(mail["repeated"]) for mail in seen.mail
            ),
            "News whose callback was lost, read from the carrier's log": (
                checker.news_read_from_the_log(seen)
            ),
            "Left to a person, visibly": sum(
                text["status"] == "unconfirmed" for text in seen.texts
            ),
            "Settled after everything was alive again": f"{self.recovered_after:.0f} s",
        }

    def __str__(self) -> str:
        lines = [f"Seed {self.seed}, {self.seconds:.0f} s of load:"]
        lines += [f"  {name:<54} {value}" for name, value in self.figures().items()]
        lines += [
            f"  {name:<54} {count}"
            for name, count in sorted((self.struck | self.strikes).items())
        ]
        if self.left:
            lines.append(f"  NOT SETTLED IN TIME: {self.left}")
        for name, faults in self.broken.items():
            lines += [
                f"  BROKEN: {name} ({len(faults)})",
                *(f"    {fault}" for fault in faults[:8]),
            ]
        if not self.holds:
            lines.append(
                f"  Again: make faults SEED={self.seed} MINUTES={self.seconds / 60:g}"
            )
        return "\n".join(lines)
