"""A staff user's own tags on a student: add one, remove one."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from quadline.accounts.rules import May
from quadline.roster.models import Student
from quadline.roster.own_tags import TagRefused, add_own_tag, remove_own_tag
from quadline.web.requests import StaffRequest


@require_POST
def change(request: StaffRequest, student_id: int) -> HttpResponseBase:
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=student_id)
    if not request.user.may[May.TEXT]:
        raise PermissionDenied
    removed = request.POST.get("remove", "")
    try:
        if removed:
            remove_own_tag(student=student, owner=request.user, tag=removed[:60])
        else:
            tag = request.POST.get("tag", "")
            add_own_tag(student=student, owner=request.user, tag=tag[:500])
    except TagRefused as refused:
        messages.error(request, str(refused))
    return redirect("student", student.pk)
