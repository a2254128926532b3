from django.urls import path

from chatsite.sharing import own_views, views

app_name = "sharing"
urlpatterns = [
    path("shared/<slug:token>/", views.shared, name="shared"),
    path("shared/<slug:token>/copy/", views.copy, name="copy"),
    path("shared/<slug:token>/images/<uuid:image_id>/", views.image, name="image"),
    path("c/<uuid:conversation_id>/share/", own_views.share, name="share"),
    path("c/shared/", own_views.links, name="links"),
    path("c/shared/<slug:token>/revoke/", own_views.revoke, name="revoke"),
]
