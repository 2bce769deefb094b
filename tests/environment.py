"""Loaded before Django: a database server for the tests when none is named, and settings that point nowhere real."""

import atexit
import os
import tempfile
from pathlib import Path

from quadline.demo import postgres

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}

TEST_SETTINGS = {
    "SECRET_KEY": "only for tests: nothing is signed with this that leaves the machine",
    "PUBLIC_URL": "https://texting.alder.example",
    "COLLEGE_NAME": "Alder College",
    "COLLEGE_PHONE": "(734) 555-0100",
    "COLLEGE_AREA_CODES": "734,313",
    "COLLEGE_REGION": "MI",
    "COLLEGE_TIME_ZONE": "America/Detroit",
    "QUIET_HOURS": "",
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
        postgres.stop(server)
        postgres.forget(home)

    atexit.register(stop)


for name, value in TEST_SETTINGS.items():
    os.environ.setdefault(name, value)
if not os.environ.get("DATABASE_URL"):
    _start_database()
