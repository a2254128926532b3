"""Why an image cannot be taken: as the child says it, and as people are told."""

from typing import Literal

Why = Literal["broken", "no_image", "too_many_pixels", "too_much_work"]


class Refused(Exception):
    """The file is no image that is taken, or too much of one."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Why = why


class NotTaken(Exception):
    """An image cannot be taken, or sent. The text is for people."""

    status = 400
    code = "unreadable"
