"""Controls of AWS Security Hub on brokers of Amazon MQ.

https://docs.aws.amazon.com/securityhub/latest/userguide/mq-controls.html
"""

from __future__ import annotations

from ecs_workloads.checks._control import Control, Resources, TemplateResource, is_tagged

_BROKER = "AWS::AmazonMQ::Broker"


def _is_of(broker: TemplateResource, engine: str) -> bool:
    return str(broker.properties.get("EngineType")).upper() == engine


def _logs_who_did_what(broker: TemplateResource, _: Resources) -> bool:
    # RabbitMQ has no such logs.
    return not _is_of(broker, "ACTIVEMQ") or broker.properties.get("Logs", {}).get("Audit") is True


def _upgrades_itself(broker: TemplateResource, _: Resources) -> bool:
    return broker.properties.get("AutoMinorVersionUpgrade") is True


def _has_standby(broker: TemplateResource, _: Resources) -> bool:
    mode = broker.properties.get("DeploymentMode")
    return not _is_of(broker, "ACTIVEMQ") or mode == "ACTIVE_STANDBY_MULTI_AZ"


def _is_cluster(broker: TemplateResource, _: Resources) -> bool:
    return not _is_of(broker, "RABBITMQ") or broker.properties.get("DeploymentMode") == "CLUSTER_MULTI_AZ"


BROKER_CONTROLS = tuple(
    Control(control_id=control_id, resource_type=_BROKER, requires=requires, is_met=is_met)
    for control_id, requires, is_met in (
        ("MQ.2", "audit logs of ActiveMQ", _logs_who_did_what),
        ("MQ.3", "upgrades to minor versions", _upgrades_itself),
        ("MQ.4", "a tag", is_tagged),
        ("MQ.5", "a standby for ActiveMQ", _has_standby),
        ("MQ.6", "a cluster for RabbitMQ", _is_cluster),
    )
)
