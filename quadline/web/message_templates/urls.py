"""The addresses of the templates' pages."""

from django.urls import path

from quadline.web.message_templates import views

urlpatterns = [
    path("", views.page, name="templates"),
    path("new/", views.new, name="template-new"),
    path("preview/", views.template_preview, name="template-preview"),
    path("<int:template_id>/", views.edit, name="template-edit"),
    path("<int:template_id>/archive/", views.archive, name="template-archive"),
]
