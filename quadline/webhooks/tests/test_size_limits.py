"""What a request may weigh, by where it goes."""

from django.conf import settings

from quadline.accounts.photos import upload_key
from quadline.webhooks.size_limits import MAX_FORM, MAX_PHOTO_FORM, largest_body
from tests.cast import Cast


def test_only_a_photo_of_somebody_signed_in_may_be_large(people: Cast) -> None:
    path = f"/me/photo/{upload_key(people.maya)}/"

    assert largest_body(path, "") == MAX_PHOTO_FORM
    for other in (
        "/me/photo/x/",
        "/me/photo/",
        "/me/photo/remove/",
        path[:-4],
        "/me/edit/",
    ):
        assert largest_body(other, "") == MAX_FORM
    assert MAX_PHOTO_FORM <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
