from django.urls import path

from chatsite.chat import views

app_name = "chat"
urlpatterns = [
    path("", views.page, name="page"),
    path("c/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("c/", views.conversations, name="conversations"),
    path("messages/", views.send, name="send"),
    path("messages/<uuid:message_id>/regenerate/", views.regenerate, name="regenerate"),
    path("messages/<uuid:message_id>/source/", views.source, name="source"),
    path("messages/<uuid:message_id>/continue/", views.go_on, name="continue"),
    path("runs/<uuid:run_id>/events/", views.events, name="events"),
    path("runs/<uuid:run_id>/stop/", views.stop, name="stop"),
]
