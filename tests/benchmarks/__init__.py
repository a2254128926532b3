"""Measures what a token costs and how late it comes, beside the peers, in one run (`make bench`)."""
