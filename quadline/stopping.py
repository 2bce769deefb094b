"""A process that gets a stop signal ends within a bound, whatever it waits for.

A database that was stopped in the middle of a statement answers nobody, and a thread
that waits for it hears no signal. So an alarm is set that needs no thread of ours.
"""

import faulthandler
import os
import signal

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_is_told = False


def on_stop_signal(*, within: float) -> None:
    """From the handler of a signal. The second one ends the process at once.

    After ``within`` seconds the process is ended, and says where it hung.
    """
    global _is_told
    if _is_told:
        os._exit(1)
    _is_told = True
    # Its watchdog is no Python thread: it ends the process even if none of ours runs.
    faulthandler.dump_traceback_later(within, exit=True)


def stop_requested() -> bool:
    return _is_told
