"""What other apps can take part in."""

from django.dispatch import Signal

run_ended = Signal()
"""Sent once for each run, with `run_id`, its `end`, and all its `events`, the `end` among them.

It is sent inside the transaction that ends the run: what a receiver stores of the reply is there if and
only if the run has ended, and before any reader sees that. A receiver must not take long. What it raises
makes the run end as `failed`.
"""
