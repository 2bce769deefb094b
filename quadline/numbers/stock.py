"""How many numbers there are, and how many there may be: the warm pool is filled up to
its size, and never above what the networks allow.
"""

from django.db import connection, transaction

from quadline import clock
from quadline.college.current import college_settings
from quadline.jobs import job
from quadline.numbers.models import SystemNumber
from quadline.numbers.pool_rules import spares_to_request
from quadline.numbers.provisioning import request_spare
from quadline.numbers.rules import ENDED_STATES

# Two workers that count at the same moment would each buy what is missing.
ONE_REFILL_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('warm pool', 0))"


def numbers_in_use() -> int:
    """Those that count against the pool limit: all that are rented, being rented, or
    not given back yet.
    """
    # One that failed may have been bought all the same.
    return SystemNumber.objects.exclude(state__in=ENDED_STATES).count()


@job(queue="numbers", attempts=3)
def refill_warm_pool(timestamp: int) -> None:
    """Ask for as many spare numbers as are missing.

    One that failed or rests counts as there: what cannot be registered is not bought
    again and again.
    """
    college = college_settings()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ONE_REFILL_AT_A_TIME)
        missing = spares_to_request(
            wanted=college.warm_pool_size,
            spares=SystemNumber.objects.spare().count(),
            in_use=numbers_in_use(),
            limit=college.number_pool_limit,
        )
        # Only rows and jobs: the carrier is called later, one number at a time.
        for _ in range(missing):
            request_spare(now=clock.now())
