"""Every address of the site."""

from django.conf import settings
from django.urls import include, path

from chatsite import health, installed, languages
from chatsite.staff.urls import admin_at

urlpatterns = [
    path("", include("chatsite.chat.urls")),
    path("", include("chatsite.waiting.urls")),
    path("", include("chatsite.live.urls")),
    path("", include("chatsite.sharing.urls")),
    path("", include("chatsite.feedback.urls")),
    path("", include("chatsite.preferences.urls")),
    path("images/", include("chatsite.images.urls")),
    path("documents/", include("chatsite.documents.urls")),
    path("accounts/data/", include("chatsite.own_data.urls")),
    path("accounts/", include("chatsite.accounts.urls")),
    *admin_at(settings.ADMIN_URL),
    path("language/", languages.choose, name="language"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("service-worker.js", installed.worker, name="service-worker"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "chatsite.answers.bad_request"
handler403 = "chatsite.answers.permission_denied"
handler404 = "chatsite.answers.page_not_found"
handler500 = "chatsite.answers.server_error"
