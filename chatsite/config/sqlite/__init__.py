"""A database backend: Django's for SQLite, whose writers come first, served first."""
