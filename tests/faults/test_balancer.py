"""The address in front of the web processes: one that is alive answers."""

import http.server
import threading
import urllib.error
import urllib.request

import pytest

from tests.faults.harness.balancer import Balancer
from tests.house import PATIENCE, free_port


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


def test_a_process_that_is_dead_is_passed_over() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        balancer = Balancer(free_port(18900), [free_port(18950), server.server_port])
        balancer.start()
        for _ in range(4):
            with urllib.request.urlopen(
                f"http://127.0.0.1:{balancer.port}/", timeout=PATIENCE
            ) as answer:
                assert answer.status == 204
        server.shutdown()
        serving.join()
    with pytest.raises((urllib.error.URLError, OSError)):
        urllib.request.urlopen(f"http://127.0.0.1:{balancer.port}/", timeout=PATIENCE)
    balancer.stop()


def test_one_that_never_began_can_be_stopped() -> None:
    Balancer(1, []).stop()
