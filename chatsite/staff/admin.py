"""Where Django looks for what is to be in the admin: each kind of thing has a module."""

from chatsite.staff import conversations, opinions, people, readings, runs, usage_page

__all__ = ["conversations", "opinions", "people", "readings", "runs", "usage_page"]
