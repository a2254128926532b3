from django.urls import path

from chatsite.images import views

app_name = "images"
urlpatterns = [
    path("", views.upload, name="upload"),
    path("<uuid:image_id>/", views.image, name="image"),
    path("<uuid:image_id>/remove/", views.remove, name="remove"),
]
