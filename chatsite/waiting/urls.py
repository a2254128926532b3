from django.urls import path

from chatsite.waiting import views

app_name = "waiting"
urlpatterns = [
    path("c/<uuid:conversation_id>/waiting/", views.waiting, name="waiting"),
    path("waiting/<uuid:waiting_id>/edit/", views.edit, name="edit"),
    path("waiting/<uuid:waiting_id>/remove/", views.remove, name="remove"),
    path("waiting/<uuid:waiting_id>/now/", views.now, name="now"),
]
