"""Import a roster in a process of its own: ``python -m bench.importing STUDENTS
CASELOAD`` prints seconds and peak bytes.
"""

import os
import sys
import time
from pathlib import Path

import django

from bench.machine import most_memory_of

if __name__ == "__main__":
    django.setup()
    from quadline.roster.importing import import_roster

    began = time.perf_counter()
    import_roster(Path(sys.argv[1]), Path(sys.argv[2]))
    print(time.perf_counter() - began, most_memory_of(os.getpid()))
