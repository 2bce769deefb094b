"""The addresses of broadcasts."""

from django.urls import path

from quadline.web import broadcast_acts, broadcast_review, broadcasts

urlpatterns = [
    path("", broadcasts.page, name="broadcasts"),
    path("<uuid:broadcast_id>/", broadcasts.broadcast, name="broadcast"),
    path("<uuid:broadcast_id>/progress/", broadcasts.progress, name="broadcast-progress"),
    path("<uuid:broadcast_id>/recipients/", broadcasts.recipients, name="broadcast-recipients"),
    path("<uuid:broadcast_id>/results.csv", broadcasts.results_csv, name="broadcast-results"),
    path("<uuid:broadcast_id>/review/", broadcast_review.page, name="broadcast-review"),
    path("<uuid:broadcast_id>/review/recipients/", broadcast_review.recipients, name="broadcast-review-recipients"),
    path("<uuid:broadcast_id>/send/", broadcast_review.send, name="broadcast-send"),
    path("<uuid:broadcast_id>/pause/", broadcast_acts.pause, name="broadcast-pause"),
    path("<uuid:broadcast_id>/resume/", broadcast_acts.resume, name="broadcast-resume"),
    path("<uuid:broadcast_id>/stop/", broadcast_acts.stop, name="broadcast-stop"),
    path("<uuid:broadcast_id>/retry/", broadcast_acts.retry, name="broadcast-retry"),
    path("<uuid:broadcast_id>/discard/", broadcast_acts.discard, name="broadcast-discard"),
]
