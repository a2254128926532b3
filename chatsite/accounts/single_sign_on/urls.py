"""The pages, below /accounts/sign-on/."""

from django.urls import path

from chatsite.accounts.single_sign_on import views

urlpatterns = [
    path("", views.begin, name="sign_on"),
    path("done/", views.done, name="sign_on_done"),
    path("connect/", views.connect, name="sign_on_connect"),
]
