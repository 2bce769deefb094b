"""PostgreSQL as our own child: where it lies, and how it is addressed."""

from pathlib import Path

import psycopg
import pytest

from quadline.demo import postgres
from quadline.demo.processes import is_free, wait_until_answers

pytestmark = pytest.mark.processes


def test_a_cluster_is_made_started_stopped_and_started_again_with_what_it_held(
    tmp_path: Path,
) -> None:
    cluster = postgres.cluster_at(tmp_path)
    fast = {"fsync": "off", "shared_buffers": "8MB", "max_connections": "10"}
    try:
        server = postgres.start(cluster, settings=fast)
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        postgres.stop_server(server)
        assert server.poll() is not None
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.url())

        server = postgres.start(postgres.cluster_at(tmp_path), settings=fast)
        with psycopg.connect(cluster.url()) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        postgres.stop_server(server)
    finally:
        postgres.delete_cluster(tmp_path)
    assert not cluster.home.exists()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    try:
        with pytest.raises(
            postgres.PostgresError, match=r"did not start[\s\S]*no_such_setting"
        ):
            postgres.start(
                postgres.cluster_at(tmp_path), settings={"no_such_setting": "on"}
            )
    finally:
        postgres.delete_cluster(tmp_path)


def test_the_server_is_reached_by_a_socket_only(tmp_path: Path) -> None:
    cluster = postgres.Cluster(home=tmp_path, binaries=tmp_path, as_uid=None)

    assert cluster.url("texts") == f"postgresql://quadline@/texts?host={tmp_path}/s"


def test_a_port_that_nobody_listens_on_is_free_and_does_not_answer() -> None:
    assert is_free(9)
    assert not wait_until_answers("http://127.0.0.1:9/", seconds=0)
