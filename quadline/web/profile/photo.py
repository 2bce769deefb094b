"""Photos: mine to upload and remove, everybody's to look at."""

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from quadline.accounts.models import User
from quadline.accounts.photos import PHOTO_TYPE, change_photo, remove_photo
from quadline.accounts.pictures import PictureRefused
from quadline.web.profile.editing import edit_shown
from quadline.web.requests import StaffRequest

# A new photo has a new name. Private: only who is signed in may have it.
PHOTO_CACHING = "private, max-age=31536000, immutable"
NO_FILE = "Choose a picture first. Your photo was not changed."


@require_safe
def photo(request: StaffRequest, name: str) -> HttpResponseBase:
    """The photo of any staff user, by its name, for signed-in staff."""
    path = f"photos/{name}"
    # Only what somebody has as their photo: nothing else that may lie there.
    if "\x00" in name or not User.objects.filter(photo=path).exists():
        raise Http404
    try:
        file = default_storage.open(path)
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {"Cache-Control": PHOTO_CACHING}
    return FileResponse(file, content_type=PHOTO_TYPE, headers=headers)


@require_POST
def upload_photo(request: StaffRequest, key: str) -> HttpResponseBase:
    """``key`` lets a photo be larger than a form: accounts/photos.py."""
    file = request.FILES.get("photo")
    if file is None:
        return edit_shown(request, photo_problem=NO_FILE)
    try:
        change_photo(request.user, file.read())
    except PictureRefused as refused:
        return edit_shown(request, photo_problem=str(refused))
    messages.success(request, "Your photo is saved.")
    return redirect("profile")


@require_POST
def delete_photo(request: StaffRequest) -> HttpResponseBase:
    if remove_photo(request.user):
        messages.success(request, "Your photo is removed.")
    return redirect("profile-edit")
