from .broker_double import BrokerDouble
from .finding import Finding, assert_no_findings, findings
from .no_replacement import assert_no_replacement, replacements
from .queue_double import QueueDouble
from .replacement import Replacement
from .scaling_policy_double import ScalingPolicyDouble
from .sidecar_double import SidecarDouble
from .template_snapshot import TemplateSnapshot
from .templates import Templates

__all__ = [
    "BrokerDouble",
    "Finding",
    "QueueDouble",
    "Replacement",
    "ScalingPolicyDouble",
    "SidecarDouble",
    "TemplateSnapshot",
    "Templates",
    "assert_no_findings",
    "assert_no_replacement",
    "findings",
    "replacements",
]
