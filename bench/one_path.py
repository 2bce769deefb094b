"""Measure one path in a process of its own:
``python -m bench.one_path NAME RUNS OPTIONS-AS-JSON FILE``.

The settings are in the environment before Django is imported,
and the stand-in for the carrier runs.
"""

import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path as File

import django

from bench.figures import Figures, Row, Work
from bench.house import running
from bench.machine import pin
from bench.paths import PATHS


def main(name: str, runs: int, options: str, file: str) -> None:
    path = next(path for path in PATHS if path.name == name)
    if path.core is not None:
        pin(path.core)
    log = ["log"] if path.keeps_log else []
    with running("bench.stand_in", "0", str(path.carrier_delay), *log) as (url, _):
        os.environ.update(path.settings, TWILIO_API_URL=url)
        django.setup()
        module = importlib.import_module(path.module)
        # a worker has it imported since its first text
        from quadline.carriers.registry import current_carrier

        current_carrier()
        work = Work(**json.loads(options))
        measured: list[Figures] = []
        limits: list[Figures] = []
        # one after the other, so that both see the same weather
        for _ in range(min(runs, path.most_runs)):
            measured.append(module.measure(work))
            limits.append(module.limit(work))
    File(file).write_text(
        json.dumps([_result(row, measured, limits) for row in module.ROWS])
    )


def _result(
    row: Row, measured: list[Figures], limits: list[Figures]
) -> dict[str, object]:
    return {
        "row": asdict(row),
        "measured": [figures[row.title] for figures in measured],
        "limits": [figures[row.title] for figures in limits],
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
