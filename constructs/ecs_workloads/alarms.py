"""Alarms on the tiers of one environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Literal

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_key, in_words, require, suggestion
from ecs_workloads._tier_alarms import TierAlarm, tier_alarms
from ecs_workloads.alarm_thresholds import AlarmName, AlarmThresholds
from ecs_workloads.broker_metrics import BrokerMetrics
from ecs_workloads.tier_metrics import TierMetrics

Severity = Literal["critical", "warning"]

_SEVERITIES: tuple[Severity, ...] = ("critical", "warning")
_DEFAULT_SEVERITIES: Mapping[AlarmName, Severity] = {
    "failed_responses": "critical",
    "slow_responses": "warning",
    "unhealthy_hosts": "warning",
    "no_running_task": "critical",
    "high_cpu": "warning",
    "high_memory": "warning",
    "restarts": "warning",
    "oldest_message_age": "critical",
    "dead_letters": "warning",
    "no_consumer": "critical",
    "blocked": "critical",
    "missing_nodes": "warning",
    "unmeasured": "warning",
}
_DEFAULT_THRESHOLDS = AlarmThresholds()


@checks_arguments
class Alarms(Construct):
    """The alarms of several tiers, sent to topics by their severity.

    Each topic hears when an alarm goes off, and when it is over. Critical by default are ``failed_responses``,
    ``no_running_task``, ``oldest_message_age``, ``no_consumer`` and ``blocked``; all others are warnings.
    `AlarmThresholds` says what each means.
    The tiers may be in other stacks of the same account and region.

    Args:
        tiers: What to watch, by a name of your choice that begins with a letter: ``{"Web": web.metrics}``. It
            becomes part of logical ids.
        topics: Topics for each severity. ``[]`` for a severity that tells nobody. CloudWatch must be allowed to
            publish to them, and to use their key where they have one.
        thresholds: When alarms go off, and which are switched off.
        tier_thresholds: Thresholds of single tiers, by the names in ``tiers``, instead of ``thresholds``.
        severities: Severities of single alarms, instead of the default ones.

    Raises:
        ValueError: There is no tier, a severity has no topics, a name is unknown, or an age is one that no message of
            the queue reaches.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tiers: Mapping[str, TierMetrics | BrokerMetrics],
        topics: Mapping[Severity, Sequence[sns.ITopic | sns.Topic]],  # a Topic is no ITopic to pyright: jsii#4541
        thresholds: AlarmThresholds = _DEFAULT_THRESHOLDS,
        tier_thresholds: Mapping[str, AlarmThresholds] | None = None,
        severities: Mapping[AlarmName, Severity] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        own_thresholds = dict(tier_thresholds or {})
        own_severities: dict[AlarmName, Severity] = dict(severities or {})
        require(len(tiers) > 0, path, "tiers must name at least one")
        for name in tiers:
            check_key(path, "tiers", name)
        for severity in _SEVERITIES:
            require(
                severity in topics, path, f"topics has no {severity!r}: name its topics, or [] if it shall tell nobody"
            )
        _check_known(path, "topics", topics, _SEVERITIES)
        _check_known(path, "tier_thresholds", own_thresholds, tiers)
        _check_known(path, "severities", own_severities, _DEFAULT_SEVERITIES)
        _check_known(path, "severities", own_severities.values(), _SEVERITIES)
        self._alarms: dict[tuple[str, AlarmName], cloudwatch.Alarm] = {}
        for name, tier in tiers.items():
            _check_age(path, name, tier, own_thresholds.get(name, thresholds))
        for name, tier in tiers.items():
            tier_scope = Construct(self, name)
            subject = name if tier.path is None else f"{name} ({tier.path})"
            for wanted in tier_alarms(tier, own_thresholds.get(name, thresholds)):
                severity = own_severities.get(wanted.name, _DEFAULT_SEVERITIES[wanted.name])
                self._alarms[name, wanted.name] = _alarm(tier_scope, subject, severity, wanted, topics[severity])

    @property
    def alarms(self) -> Sequence[cloudwatch.Alarm]:
        """All alarms, such as `Dashboard` takes them, in the order of the tiers."""
        return tuple(self._alarms.values())

    def alarm(self, tier: str, name: AlarmName) -> cloudwatch.Alarm:
        """Return one alarm, for actions of your own.

        Args:
            tier: Name of the tier, as in ``tiers``.
            name: Name of the alarm.

        Raises:
            ValueError: The tier has no such alarm: it is switched off, or nothing measures it.
        """
        found = self._alarms.get((tier, name))
        if found is None:
            known = [f"{one}.{other}" for one, other in self._alarms]
            raise ValueError(f"{self.node.path}: no alarm {tier}.{name}{suggestion(f'{tier}.{name}', known)}")
        return found


def _alarm(
    scope: Construct, subject: str, severity: Severity, wanted: TierAlarm, topics: Sequence[sns.ITopic | sns.Topic]
) -> cloudwatch.Alarm:
    alarm = cloudwatch.Alarm(
        scope,
        wanted.construct_id,
        alarm_description=f"{severity}: {subject}: {wanted.says}",
        metric=wanted.metric,
        threshold=wanted.threshold,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        if wanted.below
        else cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluation_periods=wanted.minutes,
        datapoints_to_alarm=wanted.datapoints or wanted.minutes,
        treat_missing_data=wanted.missing,
    )
    for topic in topics:
        action = cloudwatch_actions.SnsAction(topic)  # pyright: ignore[reportArgumentType]  # jsii#4541
        alarm.add_alarm_action(action)  # pyright: ignore[reportArgumentType]  # jsii#4541
        alarm.add_ok_action(action)  # pyright: ignore[reportArgumentType]  # jsii#4541
    return alarm


def _check_age(path: str, name: str, tier: TierMetrics | BrokerMetrics, thresholds: AlarmThresholds) -> None:
    """Refuse an age that no message of the tier's queue reaches, since the queue deletes it before."""
    queue, age = tier.queue if isinstance(tier, TierMetrics) else None, thresholds.oldest_message_age
    if queue is None or queue.retention_period is None or not isinstance(age, timedelta):
        return
    require(
        age < queue.retention_period,
        path,
        f"oldest_message_age={in_words(age)} of {name!r} must be below the retention_period of its queue, "
        f"{in_words(queue.retention_period)}, after which a message is deleted: the alarm would never go off",
    )


def _check_known(path: str, argument: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a name that is not among the known ones."""
    allowed = list(known)
    for name in names:
        require(
            name in allowed,
            path,
            f"{argument} must name {', '.join(allowed)}, got {name!r}{suggestion(name, allowed)}",
        )
