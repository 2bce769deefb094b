"""Where nightly files come from: a folder of its own, how it is read, by when."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods

from quadline import clock
from quadline.delivery.rosters.sources import SourceRefused, SourceWish, save_source
from quadline.delivery.rosters.watching import folder_of
from quadline.roster.models import RosterMapping, RosterSource
from quadline.web.manage.numbers import require_manager
from quadline.web.requests import StaffRequest, whole_number


@require_http_methods(["GET", "HEAD", "POST"])
def new_source(request: StaffRequest) -> HttpResponseBase:
    require_manager(request)
    return _edited(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_source(request: StaffRequest, source_id: int) -> HttpResponseBase:
    require_manager(request)
    source = get_object_or_404(RosterSource, pk=source_id)
    return _edited(request, source)


def _edited(request: StaffRequest, source: RosterSource | None) -> HttpResponseBase:
    if request.method != "POST":
        wish = SourceWish.of(source)
        return _form(request, source, wish)
    wish = SourceWish(
        name=request.POST.get("name", ""),
        # A path of the machine: no slash and no dot gets through.
        folder=slugify(request.POST.get("folder", ""))[:60],
        mapping_id=whole_number(request.POST.get("mapping")),
        expected_by=request.POST.get("expected_by", ""),
        is_active=request.POST.get("is_active") == "yes",
    )
    try:
        saved = save_source(source, wish, actor=request.user, now=clock.now())
    except SourceRefused as refused:
        return _form(request, source, wish, problem=str(refused))
    messages.success(request, f"“{saved.name}” is saved.")
    return redirect("manage_roster")


def _form(
    request: StaffRequest,
    source: RosterSource | None,
    wish: SourceWish,
    *,
    problem: str = "",
) -> HttpResponse:
    # One that is still being made reads nothing yet.
    mappings = RosterMapping.objects.filter(is_ready=True).order_by("name")
    context = {
        "source": source,
        "wish": wish,
        "mappings": mappings,
        "problem": problem,
        "path": folder_of(source) if source else "",
    }
    status = 422 if problem else 200
    return render(request, "manage/roster/source.html", context, status=status)
