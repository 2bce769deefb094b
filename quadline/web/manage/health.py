"""How texting stands, for administrators: each check in plain words, why texts did not
arrive, and opt-outs after broadcasts.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from quadline import clock
from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.conversations.rules import Channel
from quadline.health.failures import failures_by_reason
from quadline.health.looking import look_at_everything, on_campus
from quadline.health.models import CheckWatch
from quadline.health.opt_outs import opt_outs_by_broadcast
from quadline.health.rules import Finding, HealthLevel
from quadline.reports.deliveries import INSTEAD
from quadline.reports.filters import Filters, filters_of
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest

LEVEL_CHIPS = {
    HealthLevel.GREEN: {"label": "OK", "tone": "ok", "icon": "tick"},
    HealthLevel.YELLOW: {"label": "Check this", "tone": "warn", "icon": "alert"},
    HealthLevel.RED: {"label": "Needs attention", "tone": "bad", "icon": "alert"},
    HealthLevel.UNKNOWN: {"label": "Not known", "tone": "", "icon": "question"},
}
ASK_FOR_SOMEBODY = {HealthLevel.RED: 0, HealthLevel.YELLOW: 1}
MARKED_CHIP = {"label": "High", "tone": "warn", "icon": "alert"}


@require_safe
def health_page(request: StaffRequest) -> HttpResponse:
    require_manager(request)
    now = clock.now()
    findings = look_at_everything(now)
    levels = [finding.level for finding in findings]
    # What needs somebody first; each part stays in the order of the checks.
    findings.sort(key=lambda finding: ASK_FOR_SOMEBODY.get(finding.level, 2))
    context = {
        "at": now,
        "checks": _with_since(findings),
        "red": levels.count(HealthLevel.RED),
        "yellow": levels.count(HealthLevel.YELLOW),
        "unknown": levels.count(HealthLevel.UNKNOWN),
        **_failures(request.user),
        **_opt_outs(request.user),
    }
    return render(request, "manage/health.html", context)


def _with_since(findings: list[Finding]) -> list[dict[str, Any]]:
    """Since when each stands as it does: as it says, else as the watch remembers."""
    watches = {watch.check_name: watch for watch in CheckWatch.objects.all()}
    shown = []
    for finding in findings:
        watch = watches.get(finding.check)
        is_same = watch is not None and watch.level == finding.level
        since = finding.since or (watch.since if watch and is_same else None)
        is_bad = finding.level in (HealthLevel.RED, HealthLevel.YELLOW)
        shown.append(
            {
                "finding": finding,
                "chip": LEVEL_CHIPS[finding.level],
                "since": since if is_bad else None,
            }
        )
    return shown


def _failures(viewer: User) -> dict[str, Any]:
    now = on_campus(clock.now())
    zone = college_settings().zone
    filters = filters_of({"period": "7"}, today=now.date(), zone=zone)
    lines = failures_by_reason(viewer, filters, now=now)
    return {
        "failures": [
            {"line": line, "href": _rows(filters, line.reason)} for line in lines
        ]
    }


def _rows(filters: Filters, reason: str) -> str:
    """Of the delivery report: what a number counts, as far as its reader may see it."""
    page = reverse("report-delivery-rows")
    assert filters.channel is Channel.TEXT
    return f"{page}?{filters.address(part=INSTEAD, reason=reason)}"


def _opt_outs(viewer: User) -> dict[str, Any]:
    college = college_settings()
    lines = opt_outs_by_broadcast(
        viewer,
        now=clock.now(),
        days=college.opt_out_watch_days,
        marked_from=college.opt_out_watch_percent,
    )
    return {
        "opt_outs": lines,
        "opt_out_days": college.opt_out_watch_days,
        "marked_from": college.opt_out_watch_percent,
        "marked_chip": MARKED_CHIP,
    }
