"""What administrators look after, under /manage/."""

from django.urls import path

from quadline.web.manage import numbers, sign_in, strays

urlpatterns = [
    path("numbers/", numbers.numbers_page, name="manage_numbers"),
    path(
        "numbers/<int:number_id>/retry/",
        numbers.retry_number,
        name="retry_number",
    ),
    path("sign-in/", sign_in.page, name="manage_sign_in"),
    path("sign-in/openid/", sign_in.openid, name="sign_in_openid"),
    path("sign-in/saml/", sign_in.saml, name="sign_in_saml"),
    path("sign-in/rules/", sign_in.rules, name="sign_in_rules"),
    path("sign-in/test/", sign_in.test, name="sign_in_test"),
    path("sign-in/switch/", sign_in.switch, name="sign_in_switch"),
    path("sign-in/forget/", sign_in.forget, name="sign_in_forget"),
    path("email/", strays.strays, name="manage_strays"),
    path("email/<int:email_id>/", strays.stray_source, name="stray_source"),
]
