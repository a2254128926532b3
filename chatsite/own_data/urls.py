from django.urls import path

from chatsite.own_data import views

app_name = "own_data"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("all.zip", views.download, name="download"),
    path("delete/", views.delete, name="delete"),
]
