from .alarm_thresholds import AlarmThresholds
from .alarms import Alarms
from .amazon_mq_broker import AmazonMqBroker
from .amazon_mq_queue import AmazonMqQueue
from .app_server import AppServer
from .arrival_rate import ArrivalRate
from .backlog_per_task import BacklogPerTask
from .broker_metrics import BrokerMetrics
from .broker_node import BrokerNode
from .capacity import Capacity, CapacityShare
from .container import Container
from .container_cluster import ContainerCluster
from .dashboard import Dashboard
from .domain import Domain
from .downstream_limit import DownstreamLimit
from .ebs_volume import EbsVolume
from .efs_volume import EfsVolume
from .ephemeral_node import EphemeralNode
from .extensible_task import ExtensibleTask
from .fluent_bit import FluentBit
from .image_repository import ImageRepository
from .internal_load_balancer import InternalLoadBalancer
from .jwt_authentication import JwtAuthentication
from .listener_authentication import ListenerAuthentication
from .listener_rule import ListenerRule
from .message_queue import (
    ForgetsMessages,
    MeasuresArrivals,
    MeasuresConsumers,
    MeasuresDeadLetters,
    MeasuresDelivery,
    MessageQueue,
)
from .node_cluster import NodeCluster
from .oidc_authentication import OidcAuthentication
from .open_telemetry_collector import OpenTelemetryCollector
from .pull_through_cache import PullThroughCache
from .queue_metrics import QueueMetrics
from .rabbit_mq_broker import RabbitMqBroker
from .rabbit_mq_collector import RabbitMqCollector
from .rabbit_mq_queue import RabbitMqQueue
from .request_metrics import RequestMetrics
from .requests_per_target import RequestsPerTarget
from .scaling import ScalableService, Scaling, ScalingPolicy
from .scheduled import Scheduled
from .scratch_volume import ScratchVolume
from .service_connect_metrics import ServiceConnectMetrics
from .shared_file_system import SharedFileSystem
from .sidecar import RoutesLogs, Sidecar
from .single_node import SingleNode
from .sqs_queue import SqsQueue
from .target_cpu import TargetCpu
from .target_memory import TargetMemory
from .target_timings import TargetTimings
from .tier_metrics import TierMetrics
from .volume import Volume
from .web_firewall import WebFirewall
from .web_server import WebServer
from .worker import Worker
from .writable_path import WritablePath

__all__ = [
    "AlarmThresholds",
    "Alarms",
    "AmazonMqBroker",
    "AmazonMqQueue",
    "AppServer",
    "ArrivalRate",
    "BacklogPerTask",
    "BrokerMetrics",
    "BrokerNode",
    "Capacity",
    "CapacityShare",
    "Container",
    "ContainerCluster",
    "Dashboard",
    "Domain",
    "DownstreamLimit",
    "EbsVolume",
    "EfsVolume",
    "EphemeralNode",
    "ExtensibleTask",
    "FluentBit",
    "ForgetsMessages",
    "ImageRepository",
    "InternalLoadBalancer",
    "JwtAuthentication",
    "ListenerAuthentication",
    "ListenerRule",
    "MeasuresArrivals",
    "MeasuresConsumers",
    "MeasuresDeadLetters",
    "MeasuresDelivery",
    "MessageQueue",
    "NodeCluster",
    "OidcAuthentication",
    "OpenTelemetryCollector",
    "PullThroughCache",
    "QueueMetrics",
    "RabbitMqBroker",
    "RabbitMqCollector",
    "RabbitMqQueue",
    "RequestMetrics",
    "RequestsPerTarget",
    "RoutesLogs",
    "ScalableService",
    "Scaling",
    "ScalingPolicy",
    "Scheduled",
    "ScratchVolume",
    "ServiceConnectMetrics",
    "SharedFileSystem",
    "Sidecar",
    "SingleNode",
    "SqsQueue",
    "TargetCpu",
    "TargetMemory",
    "TargetTimings",
    "TierMetrics",
    "Volume",
    "WebFirewall",
    "WebServer",
    "Worker",
    "WritablePath",
]
