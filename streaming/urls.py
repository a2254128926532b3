"""Addresses of durable runs, for `path("runs/", include("streaming.urls"))`."""

from django.urls import path

from streaming import views

app_name = "streaming"
urlpatterns = [
    path("<uuid:run_id>/events/", views.follow, name="follow"),
    path("<uuid:run_id>/stop/", views.stop, name="stop"),
]
