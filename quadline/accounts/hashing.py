"""How passwords are hashed: bounded in memory, whatever number of
people sign in at once (docs/adr/0015).
"""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher

MAX_CONCURRENT_HASHES = (
    2  # hashes in one process, each on one core; the smallest machine has two
)
# For a place. One hash takes tens of milliseconds: only a flood waits as long.
HASH_WAIT_SECONDS = 10.0
_places = threading.BoundedSemaphore(MAX_CONCURRENT_HASHES)
M_MMAP_THRESHOLD = -3  # of mallopt(3)
LARGE_BYTES = 1024 * 1024


class TooBusy(Exception):
    """So many passwords are being checked that this one was not.
    Nothing was done: it may be tried again.
    """


class BoundedArgon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane: OWASP's Password Storage Cheat
    Sheet, the least memory it names.

    A hash made with other parameters is still verified, by those, and replaced at the
    next sign-in.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(
        self,
        password: str,
        salt: str,
    ) -> str:
        with _place():
            return super().encode(password, salt)

    def verify(
        self,
        password: str,
        encoded: str,
    ) -> bool:
        with _place():
            return super().verify(password, encoded)


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=HASH_WAIT_SECONDS):
        raise TooBusy
    try:
        yield
    finally:
        _places.release()


def give_large_memory_back() -> None:
    """What a hash took is given back to the system when it ends.

    By default glibc stops doing so once it has seen a few large pieces, and keeps one
    for every thread that ever hashed (malloc(3), "dynamic mmap threshold"). Other C
    libraries do not have this.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


give_large_memory_back()
