"""Where a change of logo or offices leads back to: the settings, or the setup."""

from django.urls import reverse

from quadline.web.requests import StaffRequest

SETUP = "setup"  # in the form or the address: they were come to from there


def college_place(request: StaffRequest) -> str:
    """Named, never an address of the sender's choice."""
    if came_from(request) == SETUP:
        return reverse("manage_setup_college")
    return reverse("manage-settings-section", args=["college"])


def came_from(request: StaffRequest) -> str:
    asked = request.POST.get("back") or request.GET.get("back") or ""
    return SETUP if asked == SETUP else ""
