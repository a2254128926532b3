"""Runs a runnable: its thread or task, its deadlines, and the stream that one reader drains."""
