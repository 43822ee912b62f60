"""A text of which the last word is not spoken when its construct is made."""

from __future__ import annotations

from collections.abc import Callable

import jsii
from aws_cdk import IResolveContext, IStringProducer


@jsii.implements(IStringProducer)
class WrittenLate:
    """A text that is made when the app is synthesised, for `Lazy.uncached_string`."""

    def __init__(self, write: Callable[[], str]) -> None:
        self._write = write

    def produce(self, context: IResolveContext) -> str:
        """Return the text."""
        del context
        return self._write()
