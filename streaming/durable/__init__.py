"""Whose run it is, and what happens when its process dies."""
