"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from chatsite import health, languages
from chatsite.accounts import views as accounts

urlpatterns = [
    path("", include("chatsite.chat.urls")),
    path("", include("chatsite.sharing.urls")),
    path("", include("chatsite.feedback.urls")),
    path("documents/", include("chatsite.documents.urls")),
    path("accounts/", include("chatsite.accounts.urls")),
    path("admin/login/", accounts.sign_in_to_admin, name="sign_in_to_admin"),
    path("admin/", admin.site.urls),
    path("language/", languages.choose, name="language"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "chatsite.answers.bad_request"
handler403 = "chatsite.answers.permission_denied"
handler404 = "chatsite.answers.page_not_found"
handler500 = "chatsite.answers.server_error"
