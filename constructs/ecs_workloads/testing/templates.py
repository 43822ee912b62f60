"""Templates that several tests look into."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from aws_cdk import App, Stack
    from aws_cdk.assertions import Template

Build: TypeAlias = "Callable[[App], Stack]"
"""A function, or a class, that makes a stack in an app."""


class Templates:
    """Synthesises each stack once, whatever number of tests ask for its template.

    Args:
        new_app: Makes an empty app.
    """

    def __init__(self, new_app: Callable[[], App]) -> None:
        self._new_app = new_app
        self._made: dict[Build, Template] = {}

    def of(self, build: Build) -> Template:
        """Return the template of the stack that ``build`` makes in an app of its own.

        Args:
            build: Takes an app and returns a stack in it. The same function is called once only.
        """
        from aws_cdk.assertions import Template  # noqa: PLC0415 - whoever only loads the plugin needs no Node

        if build not in self._made:
            self._made[build] = Template.from_stack(build(self._new_app()))
        return self._made[build]
