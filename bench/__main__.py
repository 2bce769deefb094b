"""``python -m bench``: measure every path, or those named, and print the table."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path as File
from typing import Any

from bench import house, machine, table
from bench.figures import Reach, Result, Row, Work
from bench.paths import PATHS, Path
from quadline.demo.postgres import Cluster, die_with_parent

RUNS, QUICK_RUNS = 5, 1  # the median counts
MOST_SECONDS = 3600  # of one path


def main() -> None:
    chosen = _options()
    work = Work(is_quick=chosen.quick, is_large=chosen.large, share=chosen.share)
    runs = chosen.runs or (QUICK_RUNS if chosen.quick else RUNS)
    # Before anything runs: the load of the machine is one of these facts.
    facts = machine.facts()
    results: list[Result] = []
    failed: list[str] = []
    with house.database() as cluster:
        for path in _paths(chosen.only):
            rows = _measured(path, cluster, runs, work)
            results += rows
            if not rows:
                failed.append(path.name)
    about = {"machine": facts, "work": asdict(work), "runs": runs, "failed": failed}
    file = table.save(results, about)
    print(f"\n{table.written(results)}\n\nKept in {file}")
    if failed:
        sys.exit(f"Not measured, for what is said above: {', '.join(failed)}")


def _paths(names: list[str] | None) -> list[Path]:
    if not names:
        return list(PATHS)
    return [path for path in PATHS if path.name in names]


def _measured(path: Path, cluster: Cluster, runs: int, work: Work) -> list[Result]:
    began = time.monotonic()
    print(f"{path.name} …", end=" ", flush=True, file=sys.stderr)
    environment = {
        **os.environ,
        **house.SETTINGS,
        "DATABASE_URL": house.fresh_database(cluster, path.name.replace("-", "_")),
        "DATA_DIR": str(house.DATA.resolve()),
    }
    with tempfile.NamedTemporaryFile(suffix=".json") as kept:
        command = [
            sys.executable,
            "-m",
            "bench.one_path",
            path.name,
            str(runs),
            json.dumps(asdict(work)),
            kept.name,
        ]
        ended = subprocess.run(
            command, env=environment, timeout=MOST_SECONDS, preexec_fn=die_with_parent
        )
        found: list[dict[str, Any]] = []
        if ended.returncode == 0:
            found = json.loads(File(kept.name).read_text())
    seconds = time.monotonic() - began
    print(f"{seconds:.1f} s" if found else "FAILED", file=sys.stderr)
    return [_result(each) for each in found]


def _result(found: dict[str, Any]) -> Result:
    facts = dict(found["row"])
    facts["reach"] = Reach(**facts["reach"])
    return Result(Row(**facts), found["measured"], found["limits"])


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser("python -m bench", description=__doc__)
    options.add_argument(
        "--quick",
        action="store_true",
        help="the same table from smaller work, within two minutes",
    )
    options.add_argument(
        "--large",
        action="store_true",
        default=os.environ.get("BENCH_LARGE") == "1",
        help="10 million messages",
    )
    options.add_argument(
        "--only",
        nargs="+",
        choices=[path.name for path in PATHS],
        metavar="PATH",
        help="only these paths",
    )
    options.add_argument(
        "--runs", type=int, default=0, help="how often; the median counts"
    )
    options.add_argument(
        "--share", type=float, default=1.0, help="of the work, to try the bench itself"
    )
    return options.parse_args()


if __name__ == "__main__":
    main()
