from .broker_double import BrokerDouble
from .finding import Finding, assert_no_findings, findings
from .listener_authentication_double import ListenerAuthenticationDouble
from .log_router_double import LogRouterDouble
from .no_replacement import assert_no_replacement, replacements
from .queue_double import QueueDouble
from .replacement import Replacement
from .scaling_policy_double import ScalingPolicyDouble
from .sidecar_double import SidecarDouble
from .template_snapshot import TemplateSnapshot
from .templates import Templates
from .volume_double import VolumeDouble

__all__ = [
    "BrokerDouble",
    "Finding",
    "ListenerAuthenticationDouble",
    "LogRouterDouble",
    "QueueDouble",
    "Replacement",
    "ScalingPolicyDouble",
    "SidecarDouble",
    "TemplateSnapshot",
    "Templates",
    "VolumeDouble",
    "assert_no_findings",
    "assert_no_replacement",
    "findings",
    "replacements",
]
