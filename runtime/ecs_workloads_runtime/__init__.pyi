from .amqp_connection import AmqpConnection
from .connections import read_connection
from .consumer import Consumer
from .environment import InvalidEnvironment, exit_on_invalid_environment, read_variable, seconds
from .logs import configure_logging, log_context
from .message import Message
from .metrics import emit_metrics
from .not_sent import NotSent
from .producer import Producer
from .queue_unreachable import QueueUnreachable
from .sqs_connection import SqsConnection

__all__ = [
    "AmqpConnection",
    "Consumer",
    "InvalidEnvironment",
    "Message",
    "NotSent",
    "Producer",
    "QueueUnreachable",
    "SqsConnection",
    "configure_logging",
    "emit_metrics",
    "exit_on_invalid_environment",
    "log_context",
    "read_connection",
    "read_variable",
    "seconds",
]
