"""What other apps can take part in."""

from django.dispatch import Signal

run_started = Signal()
"""Sent once for each durable run, with `run_id` and its `job`, inside the transaction that starts the run:
what a receiver stores is there if and only if the run begins. What it raises, `runs.start()` raises.
"""

run_ended = Signal()
"""Sent once for each durable run, with `run_id`, its `end`, all its `events`, the `end` among them, and its
`times`: `first_token_ms` and `took_ms`, both None if its process died.

It is sent inside the transaction that ends the run: what a receiver stores of the reply is there if and
only if the run has ended, and before any reader sees that. A receiver must not take long. What it raises
makes the run end as `failed`.
"""
