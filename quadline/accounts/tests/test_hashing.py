"""How passwords are hashed: a bounded number at once, in
bounded memory, and never piling up.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    check_password,
    get_hasher,
    make_password,
)
from django.test import Client

from quadline.accounts import hashing
from quadline.accounts.hashing import MAX_CONCURRENT_HASHES, BoundedArgon2, TooBusy
from quadline.accounts.models import Throttle
from tests.cast import PASSWORD, Cast

STATED_MIB = 64  # for all hashes of one process at once: SECURITY.md
TEN_AT_ONCE = """
import resource, threading
import django; django.setup()
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
kept = make_password("correct horse battery")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
gate = threading.Barrier(10)
def sign_in(): gate.wait(); assert check_password("correct horse battery", kept)
threads = [threading.Thread(target=sign_in) for _ in range(10)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_the_parameters_are_owasps_and_stay_below_the_stated_memory() -> None:
    """Password Storage Cheat Sheet: m=19456 (19 MiB), t=2, p=1."""
    hasher = get_hasher()

    assert isinstance(hasher, BoundedArgon2)
    assert (hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (19_456, 2, 1)
    assert hasher.memory_cost * MAX_CONCURRENT_HASHES <= STATED_MIB * 1024


def test_ten_at_once_take_no_more_memory_than_stated() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TEN_AT_ONCE], capture_output=True, text=True, check=True
    )

    assert int(done.stdout) <= STATED_MIB


def test_no_more_are_hashed_at_once_than_there_are_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, seen, under_way, lock = make_password(PASSWORD), [0], [0], threading.Lock()
    verify = Argon2PasswordHasher.verify

    def noted(self: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        with lock:
            under_way[0] += 1
            seen[0] = max(seen[0], under_way[0])
        right = bool(verify(self, password, encoded))
        with lock:
            under_way[0] -= 1
        return right

    monkeypatch.setattr(Argon2PasswordHasher, "verify", noted)
    right: list[bool] = []
    threads = [
        threading.Thread(target=lambda: right.append(check_password(PASSWORD, kept)))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert right == [True] * 10
    assert 1 <= seen[0] <= MAX_CONCURRENT_HASHES


@pytest.fixture
def no_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every place is taken, and nobody waits long."""
    monkeypatch.setattr(hashing, "HASH_WAIT_SECONDS", 0.01)
    for _ in range(MAX_CONCURRENT_HASHES):
        hashing._places.acquire()
    yield
    for _ in range(MAX_CONCURRENT_HASHES):
        hashing._places.release()


@pytest.mark.usefixtures("no_place")
def test_who_finds_no_place_is_turned_away_and_not_queued_forever() -> None:
    with pytest.raises(TooBusy):
        make_password(PASSWORD)


@pytest.mark.usefixtures("no_place")
@pytest.mark.parametrize("email", ["maya@alder.example", "nobody@alder.example"])
def test_signing_in_then_says_try_again_and_counts_as_no_guess(
    people: Cast, visitor: Client, email: str
) -> None:
    answer = visitor.post("/accounts/login/", {"login": email, "password": PASSWORD})

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "your password was not checked" in answer.content.decode()
    assert not Throttle.objects.filter(count__gt=0).exists()


def test_a_place_is_given_back_whatever_happens() -> None:
    for _ in range(MAX_CONCURRENT_HASHES * 2):
        with pytest.raises(UnicodeEncodeError):
            BoundedArgon2().encode("\ud83d", "saltsaltsalt")

    assert check_password(PASSWORD, make_password(PASSWORD))
