"""For users' own tests: fixtures, assertions and doubles. Needs the extra ``[testing]``.

Names are imported when they are first used, so that a comparison of folders needs no CDK.
"""

import lazy_loader  # pyright: ignore[reportMissingTypeStubs]  # it ships none

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)  # pyright: ignore[reportUnknownVariableType]
