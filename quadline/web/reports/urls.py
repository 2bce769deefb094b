"""The reports' addresses, below /reports/."""

from django.urls import path

from quadline.web.reports import views

urlpatterns = [
    path("", views.reports_index, name="reports"),
    path("opt-outs/", views.opted_out_page, name="report-opt-outs"),
    path("opt-outs.csv", views.opted_out_csv, name="report-opt-outs-csv"),
    path("opt-outs/history/", views.opt_out_history, name="report-opt-out-history"),
    path(
        "opt-outs/history.csv",
        views.opt_out_history_csv,
        name="report-opt-out-history-csv",
    ),
    path("delivery/", views.delivery_page, name="report-delivery"),
    path("delivery/rows/", views.delivery_rows, name="report-delivery-rows"),
    path("delivery/rows.csv", views.delivery_csv, name="report-delivery-csv"),
    path("responses/", views.response, name="report-responses"),
    path("responses/rows/", views.response_rows, name="report-response-rows"),
    path("responses/rows.csv", views.response_csv, name="report-response-csv"),
]
