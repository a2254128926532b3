from django.urls import path

from chatsite.feedback import views

app_name = "feedback"
urlpatterns = [
    path("messages/<uuid:message_id>/details/", views.details, name="details"),
    path("messages/<uuid:message_id>/opinion/", views.think, name="think"),
    path("messages/<uuid:message_id>/opinion/forget/", views.forget, name="forget"),
]
