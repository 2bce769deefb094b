"""The setup, below /manage/setup/."""

from django.urls import path

from quadline.web.manage.setup import carrier, college, email, overview, students

urlpatterns = [
    path("", overview.overview_page, name="manage_setup"),
    path("college/", college.college_page, name="manage_setup_college"),
    path("email/", email.email_page, name="manage_setup_email"),
    path("email/test/", email.send_test, name="manage_setup_test"),
    path("carrier/", carrier.carrier_page, name="manage_setup_carrier"),
    path("carrier/check/", carrier.check_now, name="manage_setup_check"),
    path("carrier/code/", carrier.new_code, name="manage_setup_code"),
    path("students/", students.students_page, name="manage_setup_students"),
    path("students/sample/", students.load, name="manage_setup_sample"),
    path(
        "students/sample/remove/",
        students.remove,
        name="manage_setup_sample_remove",
    ),
    path("real-texting/", overview.real_texting_page, name="manage_real_texting"),
]
