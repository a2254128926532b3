"""A database backend: Django's for PostgreSQL, with a pool that heals at once."""
