"""My profile, Preferences: each has an effect, and the page says which."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from quadline.accounts.profiles import Preferences, change_preferences
from quadline.accounts.rules import FirstTab
from quadline.web.requests import StaffRequest

CHECKED = "yes"
FIRST_TABS = {
    FirstTab.LAST_USED.value: "The tab I used last",
    FirstTab.TEXT.value: "Text Message",
    FirstTab.EMAIL.value: "Email",
}


@require_http_methods(["GET", "HEAD", "POST"])
def preferences_page(request: StaffRequest) -> HttpResponseBase:
    if request.method != "POST":
        return render(request, "profile/preferences.html", {"tabs": FIRST_TABS})
    # A browser sends nothing for a box that is not checked.
    wanted = Preferences(
        emails_when_active=request.POST.get("emails_when_active") == CHECKED,
        enter_sends=request.POST.get("enter_sends") == CHECKED,
        opens_on=request.POST.get("opens_on", ""),
    )
    change_preferences(request.user, wanted)
    messages.success(request, "Your preferences are saved.")
    return redirect("profile-preferences")
