from django.urls import path

from chatsite.live import views

app_name = "live"
urlpatterns = [
    path("conversations/", views.conversations, name="conversations"),
    path("conversations/events/", views.events, name="events"),
]
