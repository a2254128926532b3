"""Numbered events: kept, committed, and read on in other processes."""
