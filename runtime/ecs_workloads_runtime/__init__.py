"""What programs in containers on Amazon ECS need: queues, a server that loses no request, logs and metrics.

Names are imported when they are first used, so that a container health check needs neither boto3 nor pika.
"""

import lazy_loader  # pyright: ignore[reportMissingTypeStubs]  # it ships none

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)  # pyright: ignore[reportUnknownVariableType]
