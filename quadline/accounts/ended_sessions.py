"""Sessions whose time is over are removed, and with them what was noted of each."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from quadline import clock
from quadline.jobs import job


@job(queue="letters", attempts=3)
def drop_ended_sessions(timestamp: int) -> None:
    """Nightly: as Django's command ``clearsessions``, by our clock.

    Nobody who is signed in notices.
    """
    # Django never removes one that ran out: it asks for it no more.
    Session.objects.filter(expire_date__lte=clock.now()).delete()
    # A browser that never came back has its row of devices still, with its address:
    # nobody opened the list that would have dropped it.
    open_one = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(open_one)).delete()
