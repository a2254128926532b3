"""How static files are stored: under names with a hash of their content, which browsers may keep for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class HashedModulesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also in what the page's modules import from one another.

    Otherwise a browser that has kept `./reply.js` mixes the old one with a new `chat.js` after a deploy.
    """

    support_js_module_import_aggregation = True
