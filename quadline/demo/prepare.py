"""``quadline prepare``: bring database, cache table and static files to this release; for the demo, load the sample."""

import argparse
import io

import django
from django.core.management import call_command


def prepare(arguments: list[str]) -> None:
    """Safe to repeat. ``--sample`` loads the sample college and connects the (simulated) carrier."""
    options = argparse.ArgumentParser("quadline prepare")
    options.add_argument("--sample", action="store_true")
    options.add_argument("--wait-for-carrier", default="", help="an address that answers once the carrier is there")
    chosen = options.parse_args(arguments)
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    if chosen.sample:
        from quadline.demo.processes import wait_for
        from quadline.demo.sample import load_sample_college

        load_sample_college()
        if chosen.wait_for_carrier and wait_for(chosen.wait_for_carrier, seconds=30):
            call_command("connect_carrier", stdout=io.StringIO())
