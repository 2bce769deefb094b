"""The addresses of the templates' pages."""

from django.urls import path

from quadline.web import message_templates

urlpatterns = [
    path("", message_templates.page, name="templates"),
    path("new/", message_templates.new, name="template-new"),
    path("preview/", message_templates.preview, name="template-preview"),
    path("<int:template_id>/", message_templates.edit, name="template-edit"),
    path("<int:template_id>/archive/", message_templates.archive, name="template-archive"),
]
