from django.urls import path

from chatsite.chat import edit_view, list_views, page_view, search_view, temporary, views
from chatsite.chat.portable import views as portable

app_name = "chat"
urlpatterns = [
    path("", page_view.page, name="page"),
    path("c/<uuid:conversation_id>/", page_view.conversation, name="conversation"),
    path("c/", list_views.conversations, name="conversations"),
    path("c/archived/", list_views.conversations, {"is_archived": True}, name="archived"),
    path("c/temporary/delete/", temporary.delete, name="delete-temporary"),
    path("c/<uuid:conversation_id>/temporary/delete/", temporary.delete, name="delete-this-temporary"),
    path("c/<uuid:conversation_id>/edit/", list_views.edit, name="edit"),
    path("c/<uuid:conversation_id>/rename/", list_views.rename, name="rename"),
    path("c/<uuid:conversation_id>/pin/", list_views.pin, {"is_pinned": True}, name="pin"),
    path("c/<uuid:conversation_id>/unpin/", list_views.pin, {"is_pinned": False}, name="unpin"),
    path("c/<uuid:conversation_id>/archive/", list_views.archive, {"is_archived": True}, name="archive"),
    path("c/<uuid:conversation_id>/unarchive/", list_views.archive, {"is_archived": False}, name="unarchive"),
    path("c/<uuid:conversation_id>/delete/", list_views.delete, name="delete"),
    path("c/<uuid:conversation_id>/restore/", list_views.restore, name="restore"),
    path("c/export/", portable.export, name="export"),
    path("c/export/chats.<suffix>", portable.everything, name="export-everything"),
    path("c/<uuid:conversation_id>/export.<suffix>", portable.one, name="export-one"),
    path("c/import/", portable.take, name="import"),
    path("search/", search_view.search, name="search"),
    path("messages/", views.send, name="send"),
    path("messages/<uuid:message_id>/edit/", edit_view.edit, name="edit-message"),
    path("messages/<uuid:message_id>/regenerate/", views.regenerate, name="regenerate"),
    path("messages/<uuid:message_id>/source/", views.source, name="source"),
    path("messages/<uuid:message_id>/continue/", views.go_on, name="continue"),
    path("runs/<uuid:run_id>/events/", views.events, name="events"),
    path("runs/<uuid:run_id>/stop/", views.stop, name="stop"),
]
