"""Loaded before Django: a database server for the tests when none is named, and
settings that point nowhere real.

Each process that runs tests has a server and a folder of its own: what a test starts
there never meets another's.
"""

import atexit
import gc
import os
import tempfile
from pathlib import Path

from quadline.demo import postgres

# Nobody needs its tables after a power cut. A test about those has a server of its own.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "max_connections": "200",
}

TEST_SETTINGS = {
    "SECRET_KEY": "only for tests: nothing is signed with this that leaves the machine",
    "PUBLIC_URL": "https://texting.alder.example",
    "COLLEGE_NAME": "Alder College",
    "COLLEGE_PHONE": "(734) 555-0100",
    "COLLEGE_AREA_CODES": "734,313",
    "COLLEGE_REGION": "MI",
    "COLLEGE_TIME_ZONE": "America/Detroit",
    "QUIET_HOURS": "",
    "SECOND_FACTOR_ROLES": "none",  # but where a test is about it
    "TEXTS_PER_SECOND": "0",  # no limit, but where a test is about it
    "TWILIO_ACCOUNT_SID": "AC5a11dec0113c7e00000000000000a1de",
    "TWILIO_AUTH_TOKEN": "simulator-token",
    "TWILIO_MESSAGING_SERVICE_SID": "MG5a11dec0113c7e00000000000000a1de",
    "LOG_LEVEL": "WARNING",
    "DATA_DIR": tempfile.mkdtemp(prefix="quadline-test-"),
}


def _start_database() -> None:
    home = Path(tempfile.mkdtemp(prefix="quadline-pg-"))
    cluster = postgres.cluster_at(home)
    server = postgres.start(cluster, settings=FAST)
    os.environ["DATABASE_URL"] = cluster.url()

    def stop() -> None:
        postgres.stop_server(server)
        postgres.delete_cluster(home)

    atexit.register(stop)


def pytest_collection_finish() -> None:
    """All that was imported stays: it is never searched for garbage again."""
    gc.freeze()
    gc.enable()


# until all tests are collected: of eight thousand hardly anything is garbage
gc.disable()
# then the environment is that of the process that began it
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
STARTED_HERE = "QUADLINE_TESTS_STARTED_DATABASE"

for name, value in TEST_SETTINGS.items():
    os.environ.setdefault(name, value)
if IS_WORKER:
    os.environ["DATA_DIR"] = TEST_SETTINGS["DATA_DIR"]
if not os.environ.get("DATABASE_URL") or (IS_WORKER and STARTED_HERE in os.environ):
    os.environ[STARTED_HERE] = "yes"
    _start_database()
