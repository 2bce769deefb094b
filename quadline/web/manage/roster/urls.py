"""Rosters, under /manage/roster/."""

from django.urls import path

from quadline.web.manage.roster import mappings, runs, sources, views

urlpatterns = [
    path("", views.roster_page, name="manage_roster"),
    path("upload/", views.upload_roster, name="roster_upload"),
    path("history/", views.roster_history, name="roster_history"),
    path("runs/<int:run_id>/", runs.run_page, name="roster_run"),
    path("runs/<int:run_id>/apply/", runs.apply_roster, name="roster_apply"),
    path("runs/<int:run_id>/discard/", runs.discard_roster, name="roster_discard"),
    path("runs/<int:run_id>/undo/", runs.undo_roster, name="roster_undo"),
    path("runs/<int:run_id>/faults.csv", runs.faults_csv, name="roster-faults-csv"),
    path("sources/new/", sources.new_source, name="roster_source_new"),
    path("sources/<int:source_id>/", sources.edit_source, name="roster_source"),
    path("mappings/new/", mappings.new_mapping, name="roster_mapping_new"),
    path("mappings/<int:mapping_id>/", mappings.edit_mapping, name="roster_mapping"),
    path(
        "mappings/<int:mapping_id>/remove/",
        mappings.remove_mapping,
        name="roster_mapping_remove",
    ),
]
