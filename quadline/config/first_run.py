"""A web process that starts while there is no account prints the link to make it."""

import sys
import threading


def begin_first_run() -> None:
    """Beside the start: a database that is away must not keep the process from it."""
    import django

    django.setup()
    threading.Thread(target=_print_link, name="setup link", daemon=True).start()


def _print_link() -> None:
    from django.db import DatabaseError, connections

    from quadline import clock
    from quadline.setup.links import SetupClosed, make_link

    try:
        # Each start makes one: the last in the log is always the good one.
        link = make_link(now=clock.now())
    except (SetupClosed, DatabaseError):
        return  # a database that is not ready yet: quadline setup_link prints one
    finally:
        connections.close_all()
    # No line of the log: those are JSON, and may go where a secret must not.
    print(
        f"Set up Quadline: {link} (it works once, within 24 hours)",
        file=sys.stderr,
        flush=True,
    )
