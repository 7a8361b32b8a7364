"""Command groups with a command of their own: `mai ask "..."` beside `mai ask serve`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


def with_default(name: str, *, bare: bool = False) -> type[TyperGroup]:
    """A group in which words that are no command's name belong to the command ``name``.

    Args:
        bare: it also runs where no word is given at all.
    """

    class Defaulting(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            known = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
            if (args and not known) or (bare and not args):
                args = [name, *args]
            found: list[str] = super().parse_args(ctx, args)
            return found

    return Defaulting
