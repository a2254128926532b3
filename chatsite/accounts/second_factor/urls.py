"""The names are those by which allauth finds the pages."""

from django.urls import path

from chatsite.accounts.second_factor import views

urlpatterns = [
    path("", views.index, name="mfa_index"),
    path("code/", views.code, name="mfa_authenticate"),
    path("again/", views.code_again, name="mfa_reauthenticate"),
    path("password/", views.password_again, name="account_reauthenticate"),
    path("on/", views.turn_on, name="mfa_activate_totp"),
    path("off/", views.turn_off, name="mfa_deactivate_totp"),
    path("recovery/", views.recovery_codes, name="mfa_view_recovery_codes"),
    path("recovery/new/", views.new_recovery_codes, name="mfa_generate_recovery_codes"),
]
