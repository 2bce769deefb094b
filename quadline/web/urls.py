"""Every screen's address."""

from django.urls import include, path

from quadline.web import announce, first_day, health, help
from quadline.web.compose import views as compose
from quadline.web.inbox import emails_shown, message_acts, stop_questions
from quadline.web.inbox import views as inbox
from quadline.web.manage import college_logo
from quadline.web.profile import editing, password, photo, preferences, sessions
from quadline.web.profile import tokens as api_tokens
from quadline.web.profile import views as profile
from quadline.web.students import opt_outs, own_tags, phone_acts
from quadline.web.students import views as students

urlpatterns = [
    path("", inbox.inbox_home, name="home"),
    path("inbox/", inbox.page, name="inbox"),
    path("shell/", inbox.shell_parts, name="shell"),
    path("inbox/new/", compose.page, name="compose"),
    path(
        "inbox/new/recipients/",
        compose.recipient_suggestions,
        name="compose-recipients",
    ),
    path("inbox/new/audience/", compose.audience, name="compose-audience"),
    path("inbox/new/pasted/", compose.pasted, name="compose-pasted"),
    path("broadcasts/", include("quadline.web.broadcasts.urls")),
    path("inbox/c/<int:conversation_id>/", inbox.conversation, name="conversation"),
    path(
        "inbox/c/<int:conversation_id>/since/", inbox.since, name="conversation_since"
    ),
    path(
        "inbox/c/<int:conversation_id>/older/", inbox.older, name="conversation_older"
    ),
    path(
        "inbox/c/<int:conversation_id>/read/",
        inbox.mark_conversation_read,
        name="conversation_read",
    ),
    path("inbox/c/<int:conversation_id>/done/", inbox.done, name="conversation_done"),
    path(
        "inbox/c/<int:conversation_id>/draft/", inbox.draft, name="conversation_draft"
    ),
    path(
        "inbox/c/<int:conversation_id>/stop-question/",
        stop_questions.answer,
        name="conversation_answer",
    ),
    path(
        "inbox/c/<int:conversation_id>/texts/",
        compose.send_from_composer,
        name="send_text",
    ),
    path("messages/<uuid:message_id>/cancel/", message_acts.cancel, name="cancel_text"),
    path("messages/<uuid:message_id>/retry/", message_acts.retry, name="retry_text"),
    path(
        "messages/<uuid:message_id>/email/",
        message_acts.as_email,
        name="message_as_email",
    ),
    path(
        "messages/<uuid:message_id>/whole-email/",
        emails_shown.whole_email,
        name="whole_email",
    ),
    path("students/", students.page, name="students"),
    path("students/<int:student_id>/", students.profile, name="student"),
    path(
        "students/<int:student_id>/message/", students.message, name="student-message"
    ),
    path(
        "students/<int:student_id>/no-more-texts/",
        opt_outs.page,
        name="student-opt-out",
    ),
    path(
        "students/<int:student_id>/phone-consent/",
        phone_acts.consent_page,
        name="student-phone-consent",
    ),
    path(
        "students/<int:student_id>/wrong-number/",
        phone_acts.wrong_number_page,
        name="student-wrong-number",
    ),
    path(
        "students/<int:student_id>/my-tags/", own_tags.change, name="student-own-tags"
    ),
    path("first-day/", first_day.first_day_page, name="first-day"),
    path("templates/", include("quadline.web.message_templates.urls")),
    path("me/", profile.page, name="profile"),
    path("me/number/", profile.number, name="profile-number"),
    path("me/contact.vcf", profile.contact_card_file, name="contact-card"),
    path("me/announce/", announce.announce_page, name="announce"),
    path("me/announce/preview/", announce.announce_preview, name="announce-preview"),
    path("me/edit/", editing.edit_profile, name="profile-edit"),
    path("me/photo/remove/", photo.delete_photo, name="profile-photo-remove"),
    path("me/photo/<str:key>/", photo.upload_photo, name="profile-photo"),
    path("me/preferences/", preferences.preferences_page, name="profile-preferences"),
    path("me/sessions/", sessions.sessions_page, name="profile-sessions"),
    path("me/sessions/end/", sessions.sign_out_all, name="profile-sessions-end"),
    path(
        "me/sessions/<int:session_id>/end/",
        sessions.sign_out_device,
        name="profile-session-end",
    ),
    path("photos/<str:name>", photo.photo, name="photo"),
    path("me/password/", password.page, name="profile-password"),
    path("me/security/", include("quadline.web.security.urls")),
    path("me/tokens/", api_tokens.page, name="profile-tokens"),
    path(
        "me/tokens/<int:token_id>/revoke/",
        api_tokens.revoke,
        name="profile-token-revoke",
    ),
    path("me/office-phone/", profile.office_phone, name="profile-office-phone"),
    path("manage/", include("quadline.web.manage.urls")),
    path("college/logo/<slug:digest>.png", college_logo.picture, name="college-logo"),
    path("reports/", include("quadline.web.reports.urls")),
    path("help/", help.page, name="help"),
    path("setup/", include("quadline.web.setup.urls")),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
    path("monitor", health.monitor, name="monitor"),
]
