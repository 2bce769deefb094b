"""The two processes of a deployment."""

import argparse
import sys
from contextlib import suppress
from types import FrameType

from quadline import stopping

WEB_ENDS_WITHIN_SECONDS = 10.0


def run_web_program(arguments: list[str]) -> None:
    """The web process."""
    import uvicorn

    from quadline.config.connections import ClientConnection
    from quadline.config.first_run import begin_first_run

    options = argparse.ArgumentParser("quadline web")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8000)
    chosen = options.parse_args(arguments)

    class Server(uvicorn.Server):
        def handle_exit(
            self,
            sig: int,
            frame: FrameType | None,
        ) -> None:
            stopping.on_stop_signal(within=WEB_ENDS_WITHIN_SECONDS)
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        "quadline.config.asgi:app",
        http=ClientConnection,
        ws="none",
        host=chosen.host,
        port=chosen.port,
        timeout_graceful_shutdown=3,  # open event streams would keep it forever
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    begin_first_run()
    server = Server(config)
    with suppress(KeyboardInterrupt):  # SIGINT, which it raises again once all is over
        server.run()
    if not server.started:
        sys.exit("The web process could not start. Why stands above.")


def run_worker_program(arguments: list[str]) -> None:
    """The worker process: every queue, or those named."""
    options = argparse.ArgumentParser("quadline worker")
    options.add_argument("queues", nargs="*", help="every queue if none is named")
    chosen = options.parse_args(arguments)

    import django

    django.setup()
    from quadline.config.schedule import QUEUES
    from quadline.worker import run_worker

    if unknown := set(chosen.queues) - set(QUEUES):
        options.error(
            f"there is no queue {', '.join(sorted(unknown))};"
            f" choose from {', '.join(QUEUES)}"
        )
    run_worker(chosen.queues or list(QUEUES))
