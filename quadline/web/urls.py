"""Every screen's address."""

from django.urls import path

from quadline.web import compose, health, help, inbox, manage, profile, students

urlpatterns = [
    path("", inbox.home, name="home"),
    path("inbox/", inbox.page, name="inbox"),
    path("shell/", inbox.shell_parts, name="shell"),
    path("inbox/new/", compose.page, name="compose"),
    path("inbox/c/<int:conversation_id>/", inbox.conversation, name="conversation"),
    path("inbox/c/<int:conversation_id>/since/", inbox.since, name="conversation_since"),
    path("inbox/c/<int:conversation_id>/older/", inbox.older, name="conversation_older"),
    path("inbox/c/<int:conversation_id>/read/", inbox.read, name="conversation_read"),
    path("inbox/c/<int:conversation_id>/done/", inbox.done, name="conversation_done"),
    path("inbox/c/<int:conversation_id>/draft/", inbox.draft, name="conversation_draft"),
    path("inbox/c/<int:conversation_id>/texts/", compose.send, name="send_text"),
    path("messages/<uuid:message_id>/cancel/", compose.cancel, name="cancel_text"),
    path("messages/<uuid:message_id>/retry/", compose.retry, name="retry_text"),
    path("students/", students.page, name="students"),
    path("students/<int:student_id>/", students.profile, name="student"),
    path("students/<int:student_id>/message/", students.message, name="student-message"),
    path("me/", profile.page, name="profile"),
    path("me/number/", profile.number, name="profile-number"),
    path("me/office-phone/", profile.office_phone, name="profile-office-phone"),
    path("manage/numbers/", manage.numbers, name="manage_numbers"),
    path("manage/numbers/<int:number_id>/retry/", manage.retry_number, name="retry_number"),
    path("help/", help.page, name="help"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
]
