"""The pages of accounts. The names that begin with `account_` are those by which allauth finds them."""

from django.urls import include, path, re_path

from chatsite.accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path("login/", views.sign_in, name="login"),
    path("login/", views.sign_in, name="account_login"),
    path("logout/", views.sign_out, name="logout"),
    path("sessions/", views.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("sessions/<int:pk>/end/", views.end_session, name="end_session"),
    path("signup/", views.sign_up, name="account_signup"),
    path("inactive/", views.inactive, name="account_inactive"),
    path("second-factor/", include("chatsite.accounts.second_factor.urls")),
    path("sign-on/", include("chatsite.accounts.single_sign_on.urls")),
    path("email/", views.email, name="account_email"),
    path("email/sent/", views.confirmation_sent, name="account_email_verification_sent"),
    path("email/confirm/<str:key>/", views.confirm, name="account_confirm_email"),
    path("password/", views.change_password, name="account_change_password"),
    path("password/reset/", views.reset_password, name="account_reset_password"),
    path("password/reset/sent/", views.reset_sent, name="account_reset_password_done"),
    path("password/reset/done/", views.new_password_set, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[-\w]+)/$",
        views.new_password,
        name="account_reset_password_from_key",
    ),
]
