"""One page that shows how the tiers of an environment are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_key, require
from ecs_workloads._tier_graphs import Graph, tier_graphs
from ecs_workloads.broker_metrics import BrokerMetrics
from ecs_workloads.tier_metrics import TierMetrics

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
_MOST_WIDGETS = 500
_MOST_ALARMS_OF_A_WIDGET = 100
_WIDTH = 24
_NARROWEST = 4


@checks_arguments
class Dashboard(Construct):
    """A CloudWatch dashboard: the state of all alarms, then a row for each tier.

    A row shows what there is to measure: requests, failures and response time of a web server; running tasks, CPU
    and memory of every tier; backlog, consumers, age of the oldest message and drain time of a worker; whether a
    broker takes messages. The drain time is the backlog divided by the messages worked off in the last minute, of
    which it counts at least one.

    Args:
        tiers: What to show, by the title of its row: ``{"Web": web.metrics}``. A title begins with a letter.
        alarms: Alarms whose state is shown at the top, such as ``alarms.alarms``. Defaults to none.

    Raises:
        ValueError: There is no tier, a title is none, or there are more than CloudWatch shows on one dashboard.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tiers: Mapping[str, TierMetrics | BrokerMetrics],
        alarms: Sequence[cloudwatch.IAlarm] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        require(len(tiers) > 0, path, "tiers must name at least one")
        for title in tiers:
            check_key(path, "tiers", title)
        rows = [_alarm_states(alarms), *(_row(title, tier) for title, tier in tiers.items())]
        widgets = sum(len(row) for row in rows)
        require(
            widgets <= _MOST_WIDGETS,
            path,
            f"a dashboard has at most {_MOST_WIDGETS} widgets, and these {len(tiers)} tiers need {widgets}: make two",
        )
        self._dashboard = cloudwatch.Dashboard(self, "Dashboard", widgets=[row for row in rows if row])

    @property
    def dashboard(self) -> cloudwatch.Dashboard:
        """The dashboard, for widgets of your own."""
        return self._dashboard


def _alarm_states(alarms: Sequence[cloudwatch.IAlarm]) -> list[cloudwatch.IWidget]:
    return [
        cloudwatch.AlarmStatusWidget(
            title="Alarms", width=_WIDTH, height=4, alarms=list(alarms[start : start + _MOST_ALARMS_OF_A_WIDGET])
        )
        for start in range(0, len(alarms), _MOST_ALARMS_OF_A_WIDGET)
    ]


def _row(title: str, tier: TierMetrics | BrokerMetrics) -> list[cloudwatch.IWidget]:
    graphs = list(tier_graphs(tier))
    width = max(_NARROWEST, _WIDTH // len(graphs))
    heading = cloudwatch.TextWidget(markdown=f"## {title}", width=_WIDTH, height=1)
    return [heading, *(_graph(graph, width) for graph in graphs)]


def _graph(graph: Graph, width: int) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title=graph.title,
        width=width,
        left=list(graph.metrics),
        left_y_axis=cloudwatch.YAxisProps(min=0, max=graph.most, label=graph.unit, show_units=False),
    )
