"""Markdown to safe HTML, whole and block by block."""
