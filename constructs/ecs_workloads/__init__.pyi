from .alarm_thresholds import AlarmThresholds
from .alarms import Alarms
from .app_server import AppServer
from .arrival_rate import ArrivalRate
from .backlog_per_task import BacklogPerTask
from .capacity import Capacity, CapacityShare
from .container import Container, WritablePath
from .container_cluster import ContainerCluster
from .dashboard import Dashboard
from .domain import Domain
from .image_repository import ImageRepository
from .listener_rule import ListenerRule
from .message_queue import MeasuresArrivals, MeasuresDelivery, MessageQueue
from .queue_metrics import QueueMetrics
from .rabbit_mq_broker import RabbitMqBroker
from .rabbit_mq_queue import RabbitMqQueue
from .request_metrics import RequestMetrics
from .requests_per_target import RequestsPerTarget
from .scaling import ScalableService, Scaling, ScalingPolicy
from .scheduled import Scheduled
from .sqs_queue import SqsQueue
from .target_cpu import TargetCpu
from .target_memory import TargetMemory
from .tier_metrics import TierMetrics
from .web_server import WebServer
from .worker import Worker

__all__ = [
    "AlarmThresholds",
    "Alarms",
    "AppServer",
    "ArrivalRate",
    "BacklogPerTask",
    "Capacity",
    "CapacityShare",
    "Container",
    "ContainerCluster",
    "Dashboard",
    "Domain",
    "ImageRepository",
    "ListenerRule",
    "MeasuresArrivals",
    "MeasuresDelivery",
    "MessageQueue",
    "QueueMetrics",
    "RabbitMqBroker",
    "RabbitMqQueue",
    "RequestMetrics",
    "RequestsPerTarget",
    "ScalableService",
    "Scaling",
    "ScalingPolicy",
    "Scheduled",
    "SqsQueue",
    "TargetCpu",
    "TargetMemory",
    "TierMetrics",
    "WebServer",
    "Worker",
    "WritablePath",
]
