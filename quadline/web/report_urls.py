"""The reports' addresses, below /reports/."""

from django.urls import path

from quadline.web import reports

urlpatterns = [
    path("", reports.index, name="reports"),
    path("opt-outs/", reports.opted_out, name="report-opt-outs"),
    path("opt-outs.csv", reports.opted_out_csv, name="report-opt-outs-csv"),
    path("opt-outs/history/", reports.opt_out_history, name="report-opt-out-history"),
    path("opt-outs/history.csv", reports.opt_out_history_csv, name="report-opt-out-history-csv"),
    path("delivery/", reports.delivery, name="report-delivery"),
    path("delivery/rows/", reports.delivery_rows, name="report-delivery-rows"),
    path("delivery/rows.csv", reports.delivery_csv, name="report-delivery-csv"),
    path("responses/", reports.response, name="report-responses"),
    path("responses/rows/", reports.response_rows, name="report-response-rows"),
    path("responses/rows.csv", reports.response_csv, name="report-response-csv"),
]
