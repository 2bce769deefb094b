"""The addresses of broadcasts."""

from django.urls import path

from quadline.web.broadcasts import acts, review, views

urlpatterns = [
    path("", views.page, name="broadcasts"),
    path("<uuid:broadcast_id>/", views.broadcast, name="broadcast"),
    path("<uuid:broadcast_id>/progress/", views.progress, name="broadcast-progress"),
    path(
        "<uuid:broadcast_id>/recipients/",
        views.broadcast_recipients,
        name="broadcast-recipients",
    ),
    path(
        "<uuid:broadcast_id>/results.csv", views.results_csv, name="broadcast-results"
    ),
    path("<uuid:broadcast_id>/review/", review.review_page, name="broadcast-review"),
    path(
        "<uuid:broadcast_id>/review/recipients/",
        review.review_recipients,
        name="broadcast-review-recipients",
    ),
    path("<uuid:broadcast_id>/send/", review.send, name="broadcast-send"),
    path("<uuid:broadcast_id>/pause/", acts.pause, name="broadcast-pause"),
    path("<uuid:broadcast_id>/resume/", acts.resume, name="broadcast-resume"),
    path("<uuid:broadcast_id>/stop/", acts.stop, name="broadcast-stop"),
    path("<uuid:broadcast_id>/retry/", acts.retry, name="broadcast-retry"),
    path("<uuid:broadcast_id>/discard/", acts.discard, name="broadcast-discard"),
]
