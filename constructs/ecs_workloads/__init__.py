"""Container tiers on Amazon ECS: web servers, app servers, message queues and workers.

Names are imported when they are first used, so that the checks and the command line need no CDK.
"""

import lazy_loader  # pyright: ignore[reportMissingTypeStubs]  # it ships none

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)  # pyright: ignore[reportUnknownVariableType]
