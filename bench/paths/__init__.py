"""The paths that are measured, in the order of the table, and what each needs around
it. Imports no path: see one_path.py.
"""

from dataclasses import dataclass, field

# The house, or the bare program it is compared with, on the one; the carrier, browsers
# and all other callers on the other.
HOUSE_CORE, OUTER_CORE = 0, 1


@dataclass(frozen=True)
class Path:
    """One module of this folder,
    run in a process of its own on a database of its own.
    """

    name: str
    # Where its own process runs: with the house when it calls the house, else outside.
    # None: wherever the system likes.
    core: int | None = HOUSE_CORE
    carrier_delay: float = 0.0
    keeps_log: bool = False  # of when the carrier took each text
    settings: dict[str, str] = field(default_factory=dict)
    # fewer than five where a run is long and the clock itself is what is measured
    most_runs: int = 5

    @property
    def module(self) -> str:
        return f"bench.paths.{self.name.replace('-', '_')}"


PATHS = (
    Path("accept"),
    Path("hand-over"),
    Path("hand-over-slowly", carrier_delay=0.1),
    Path("many-broadcasts", core=OUTER_CORE, keeps_log=True, most_runs=3),
    Path(
        "pace",
        core=OUTER_CORE,
        keeps_log=True,
        settings={"TEXTS_PER_SECOND": "1"},
        most_runs=1,
    ),
    Path("single-text", core=OUTER_CORE, keeps_log=True),
    Path("callbacks", core=OUTER_CORE),
    Path("receipts"),
    Path("replies", core=OUTER_CORE),
    Path("stops", core=OUTER_CORE),
    Path("on-screen", core=OUTER_CORE, keeps_log=True),
    Path("pages", most_runs=1),
    Path(
        "pages-attacked",
        core=OUTER_CORE,
        settings={"EMAIL_REPLY_TO": "replies@alder.example"},
        most_runs=3,
    ),
    Path("roster"),
    Path("nightly", most_runs=1),
    Path("start", core=None),
)
