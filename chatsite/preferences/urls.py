from django.urls import path

from chatsite.preferences import views

app_name = "preferences"
urlpatterns = [
    path("settings/", views.own, name="own"),
    path("c/<uuid:conversation_id>/settings/", views.of_conversation, name="conversation"),
]
