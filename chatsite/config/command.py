"""A command of this site: it speaks the language of its terminal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from chatsite.config import terminal


class TerminalCommand(BaseCommand):
    """Has its `help`, and all that it prints, translated."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        with translation.override(terminal.language()):
            parser = super().create_parser(prog_name, subcommand, **kwargs)
            parser.description = translation.gettext(self.help)
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        with translation.override(terminal.language()):
            return super().execute(*args, **options)
