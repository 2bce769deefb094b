"""Starting and stopping the simulator."""

import asyncio
import faulthandler
import os
import signal
import sys

import uvloop

from quadline.simulator import progress, registration, roster
from quadline.simulator.app import build_app
from quadline.simulator.carrier import SimulatedCarrier
from quadline.simulator.listener import Listener
from quadline.simulator.options import Options, parse_options

SIMULATOR_STOP_SECONDS = 10.0  # after the stop signal


def main(argv: list[str]) -> None:
    options = parse_options(argv)
    uvloop.run(run_simulator(options))


async def run_simulator(options: Options) -> None:
    """Answer until the stop signal."""
    carrier = open_carrier(options)
    app = build_app(carrier)
    listener = Listener(app, options.host, options.port)
    app.state.listener = listener
    works = [
        asyncio.create_task(work())
        for work in (carrier.clock.run, carrier.courier.run, carrier.store.run)
    ]
    mail_port = app.state.mail_port
    await mail_port.open()
    await listener.open()
    print(f"Simulator ready at http://{options.host}:{listener.port}", flush=True)
    print(f"Mail is taken at smtp://{options.host}:{mail_port.port}", flush=True)
    # A work ends only by a fault: then, too, what is known is written down first.
    await asyncio.wait([*works, _told_to_stop()], return_when=asyncio.FIRST_COMPLETED)
    await listener.close()
    await mail_port.close()
    for work in works:
        work.cancel()
    results = await asyncio.gather(*works, return_exceptions=True)
    failures = [result for result in results if _is_fault(result)]
    await carrier.courier.close()
    carrier.store.close()
    if failures:
        raise RuntimeError("The simulator stopped on its own.") from failures[0]


def open_carrier(options: Options) -> SimulatedCarrier:
    carrier = SimulatedCarrier(options)
    carrier.load()
    if options.students:
        roster.name_phones(carrier, options.students)
    for number in carrier.numbers.values():
        registration.await_outcome(carrier, number)
        registration.tell_again(carrier, number)
    for message in carrier.messages.values():
        progress.resume_message(carrier, message)
    return carrier


def _told_to_stop() -> asyncio.Task[bool]:
    """However slowly those who are being called answer, the process ends within ten
    seconds; at a second signal, at once.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell() -> None:
        if stop.is_set():
            os._exit(1)
        # A thread of C that ends the process, whatever holds up the event loop.
        faulthandler.dump_traceback_later(SIMULATOR_STOP_SECONDS, exit=True)
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, tell)
    return asyncio.create_task(stop.wait())


def _is_fault(result: object) -> bool:
    return isinstance(result, BaseException) and not isinstance(
        result, asyncio.CancelledError
    )


if __name__ == "__main__":
    main(sys.argv[1:])
