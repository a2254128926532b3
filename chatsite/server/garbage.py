"""How often Python looks for reference cycles in all of its objects: no thread goes on meanwhile."""

import gc

_BETWEEN = 50
"""Collections of younger objects between two of all objects, five times Python's own number. With a hundred
streams a collection of all takes a tenth of a second, and there was one every two seconds."""


def keep_collections_short() -> None:
    """Leave out what has been loaded up to now, some 170,000 objects. Call it when the site is loaded."""
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _BETWEEN)
