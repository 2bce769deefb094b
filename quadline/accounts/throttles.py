"""How often something was tried: counted in the database, so for
every process together, by its clock.

Each count is one row and one statement. Neither a cache that overflows nor many
requests can push one out.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from quadline.accounts.models import Throttle
from quadline.accounts.rules import AttemptLimit
from quadline.jobs import job

THROTTLE_SALT = "quadline.accounts.throttles"
MAX_VISITOR_ROWS = (
    2**20
)  # for what a visitor makes up: so many rows of a kind there are at most
# A time begins with the first try that counts, and nothing makes it longer.
COUNT = """
    INSERT INTO accounts_throttle AS kept (kind, name, count, ends_at)
    VALUES (%s, %s, 1, statement_timestamp() + %s::interval)
    ON CONFLICT (kind, name) DO UPDATE SET
        count = CASE
            WHEN kept.ends_at > statement_timestamp() THEN kept.count + 1
            ELSE 1
        END,
        ends_at = CASE
            WHEN kept.ends_at > statement_timestamp() AND kept.count > 0
            THEN kept.ends_at
            ELSE EXCLUDED.ends_at
        END
    RETURNING count, ends_at - statement_timestamp()
"""
LOCK_THROTTLE = """
    INSERT INTO accounts_throttle AS kept (kind, name, count, ends_at)
    VALUES (%s, %s, 0, statement_timestamp() + %s::interval)
    ON CONFLICT (kind, name) DO UPDATE SET
        count = CASE
            WHEN kept.ends_at > statement_timestamp() THEN kept.count
            ELSE 0
        END
    RETURNING count, ends_at - statement_timestamp()
"""
READ_THROTTLE = """
    SELECT count, ends_at - statement_timestamp() FROM accounts_throttle
    WHERE kind = %s AND name = %s AND ends_at > statement_timestamp()
"""


@dataclass(frozen=True)
class ThrottleBucket:
    """What is counted together: tries of one kind, for one
    account, address or browser.
    """

    limit: AttemptLimit
    name: str


def count_try(bucket: ThrottleBucket) -> timedelta | None:
    """Count one try. How long to wait, when it is one too many; else None."""
    tries, wait = _upsert(COUNT, bucket)
    return wait if tries > bucket.limit.most else None


def lock_throttle(bucket: ThrottleBucket) -> timedelta | None:
    """Keep everybody else from trying until this transaction ends. How long to wait,
    when all tries are used up; else None.

    So a try can be counted when it is known to be a wrong one, and many at once are not
    more than in a row.
    """
    tries, wait = _upsert(LOCK_THROTTLE, bucket)
    return wait if tries >= bucket.limit.most else None


def remaining_wait(bucket: ThrottleBucket) -> timedelta | None:
    """The same, without making anybody wait."""
    with connection.cursor() as cursor:
        cursor.execute(READ_THROTTLE, [bucket.limit.kind, bucket.name])
        row = cursor.fetchone()
    if row is None:
        return None
    tries, wait = row
    return wait if tries >= bucket.limit.most else None


def _upsert(statement: str, bucket: ThrottleBucket) -> tuple[int, timedelta]:
    limit = bucket.limit
    within = f"{limit.within.total_seconds()} seconds"
    with connection.cursor() as cursor:
        cursor.execute(statement, [limit.kind, bucket.name, within])
        tries, wait = cursor.fetchone()
    return tries, wait


def forget_tries(*buckets: ThrottleBucket) -> None:
    for bucket in buckets:
        counted = Throttle.objects.filter(kind=bucket.limit.kind, name=bucket.name)
        counted.delete()


def slot_of(made_up: str) -> str:
    """The name of a bucket for what a visitor chooses, such
    as an address nobody here has.

    Nobody outside can tell which two share one, and nothing that was typed is kept.
    """
    digest = salted_hmac(THROTTLE_SALT, made_up, algorithm="sha256").digest()
    return f"slot:{int.from_bytes(digest[:8], 'big') % MAX_VISITOR_ROWS}"


@job(queue="letters", attempts=3)
def drop_ended_throttles(timestamp: int) -> None:
    """Nightly: drop the counts whose time is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_throttle WHERE ends_at <= statement_timestamp()"
        )
