"""Answers that are kept, so that a request that is sent again is
answered again and not done again.
"""

from django.db import models

from quadline.accounts.models import User


class KeptAnswer(models.Model):
    """What a POST with an Idempotency-Key was answered, written in the transaction of
    the act itself: both or neither.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    # of method, address and body: the same key for another act is refused
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=80, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")
        ]
