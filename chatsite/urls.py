"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from chatsite import health
from chatsite.accounts.decorators import for_everybody

sign_in = for_everybody(auth.LoginView.as_view(redirect_authenticated_user=True))
sign_out = for_everybody(auth.LogoutView.as_view())

urlpatterns = [
    path("", include("chatsite.chat.urls")),
    path("documents/", include("chatsite.documents.urls")),
    path(
        "accounts/login/",
        for_everybody(auth.LoginView.as_view(redirect_authenticated_user=True)),
        name="login",
    ),
    path("accounts/logout/", for_everybody(auth.LogoutView.as_view()), name="logout"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "chatsite.answers.bad_request"
handler403 = "chatsite.answers.permission_denied"
handler404 = "chatsite.answers.page_not_found"
handler500 = "chatsite.answers.server_error"
