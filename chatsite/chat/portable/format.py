"""What an exported file says of itself. The child that checks one loads this, and nothing of Django."""

NAME = "streaming-chat"
VERSION = 1
STATUSES = ("done", "waiting", "stopped", "failed", "interrupted")
"""Of a message in a file: all but those of a reply that is being written."""
