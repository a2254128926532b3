"""The chat site: one Django project built on the reusable app `streaming`."""
