"""Whether Quadline works: for load balancers and monitors,
without words and without sign-in.
"""

import pkgutil
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from quadline.health.looking import look_at_everything
from quadline.health.rules import Finding, HealthCheck, HealthLevel, worst_level


@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers and its tables are those of this release."""
    try:
        is_current = tables_are_current()
    except DatabaseError:
        # The load balancer stops sending requests here, and asks again.
        is_current = False
    return HttpResponse(
        "ok" if is_current else "not ready",
        status=200 if is_current else 503,
        content_type="text/plain",
    )


def tables_are_current() -> bool:
    """Whether every migration of this release has been applied: by their
    names, so that none has to be imported.
    """
    # There may be more than this release knows: the tables of the next one come before
    # its processes.
    return _migrations() <= MigrationRecorder(connection).applied_migrations().keys()


# What is on disk does not change while a process runs, and monitors ask often.
@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Every migration on disk, by app and name."""
    found = set()
    for app in apps.get_app_configs():
        folder = Path(app.path) / "migrations"
        found |= {
            (app.label, module.name)
            for module in pkgutil.iter_modules([str(folder)])
            # As Django's own loader tells migrations from other files.
            if module.name[0] not in "_~"
        }
    return frozenset(found)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Counters of this process, for a monitor that knows the token."""
    if not _knows_token(request):
        # Not 401: a stranger need not learn that there is anything here.
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@login_not_required
@require_safe
def monitor(request: HttpRequest) -> HttpResponse:
    """How texting stands, for the operator's own monitoring: 503 as long as something
    is red. No worker is needed to answer.
    """
    if not _knows_token(request):
        return HttpResponse(status=404)
    try:
        findings = look_at_everything()
    except DatabaseError:
        away = "The database does not answer."
        findings = [Finding(HealthCheck.DATABASE, HealthLevel.RED, away)]
    level = worst_level(finding.level for finding in findings)
    checks = {finding.check: _as_json(finding) for finding in findings}
    return JsonResponse(
        {"level": level, "checks": checks},
        status=503 if level is HealthLevel.RED else 200,
    )


def _as_json(finding: Finding) -> dict[str, str | None]:
    return {
        "level": finding.level,
        "what": finding.what,
        "next_step": finding.next_step,
        "since": finding.since.isoformat() if finding.since else None,
    }


def _knows_token(request: HttpRequest) -> bool:
    token = settings.ENV.metrics_token
    given = request.headers.get("Authorization", "")
    return bool(token) and constant_time_compare(given, f"Bearer {token}")
