"""Conversations as files: JSON that can be read back (docs/export.md), and Markdown for people."""
