from django.urls import path

from chatsite.documents import views

app_name = "documents"
urlpatterns = [
    path("", views.documents, name="list"),
    path("<uuid:document_id>/", views.document, name="document"),
    path("<uuid:document_id>/ask/", views.ask, name="ask"),
    path("<uuid:document_id>/delete/", views.delete, name="delete"),
    path("passages/<uuid:passage_uuid>/", views.passage, name="passage"),
]
