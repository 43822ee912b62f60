"""The programs, templates and tables of arguments in the docs, and how to write the templates anew.

``python -m tests.docs`` runs every program that has a template after it, and writes what it made into the page.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

# Counts only when it is set before the first import of aws_cdk.
os.environ.setdefault("CDK_VALIDATION", "false")

import yaml
from aws_cdk import Stack
from constructs import Construct

import ecs_workloads

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"
REQUIRED = inspect.Parameter.empty

_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_TEMPLATE = re.compile(
    r"^<!-- template: (?P<variable>\w+)(?: of (?P<kind>[\w:]+))? -->\n```yaml\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_ARGUMENTS = re.compile(r"^<!-- arguments: (?P<name>[\w.]+) -->\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)
_ERROR = re.compile(r"\w+Error: ")
# The properties that a page shows of each resource; of a resource that is not here, it shows the number alone.
_NOTABLE: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "AWS::ApplicationAutoScaling::ScalableTarget": ("MinCapacity", "MaxCapacity", "ScheduledActions"),
        "AWS::ApplicationAutoScaling::ScalingPolicy": (
            "PolicyType",
            "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType",
            "TargetTrackingScalingPolicyConfiguration.TargetValue",
            "TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown",
            "TargetTrackingScalingPolicyConfiguration.ScaleInCooldown",
            "StepScalingPolicyConfiguration.StepAdjustments",
        ),
        "AWS::CloudWatch::Alarm": ("Threshold", "EvaluationPeriods", "DatapointsToAlarm", "TreatMissingData"),
        "AWS::EC2::SecurityGroupIngress": ("FromPort", "ToPort", "Description"),
        "AWS::ECR::PullThroughCacheRule": ("EcrRepositoryPrefix", "UpstreamRegistry", "UpstreamRegistryUrl"),
        "AWS::ECR::Repository": (
            "ImageScanningConfiguration",
            "ImageTagMutability",
            "EncryptionConfiguration",
        ),
        "AWS::ECR::RepositoryCreationTemplate": ("Prefix", "AppliedFor"),
        "AWS::ECS::Cluster": (
            "CapacityProviders",
            "ClusterSettings",
            "Configuration.ExecuteCommandConfiguration.Logging",
        ),
        "AWS::ECS::Service": (
            "CapacityProviderStrategy",
            "LaunchType",
            "DesiredCount",
            "DeploymentConfiguration.MinimumHealthyPercent",
            "DeploymentConfiguration.MaximumPercent",
            "DeploymentConfiguration.DeploymentCircuitBreaker",
            "HealthCheckGracePeriodSeconds",
            "EnableExecuteCommand",
            "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
            "ServiceConnectConfiguration.Services.ClientAliases",
            "ServiceConnectConfiguration.Services.Timeout",
        ),
        "AWS::ECS::TaskDefinition": (
            "Cpu",
            "Memory",
            "RuntimePlatform",
            "ContainerDefinitions.Name",
            "ContainerDefinitions.Essential",
            "ContainerDefinitions.User",
            "ContainerDefinitions.ReadonlyRootFilesystem",
            "ContainerDefinitions.LinuxParameters",
            "ContainerDefinitions.PortMappings",
            "ContainerDefinitions.HealthCheck",
            "ContainerDefinitions.MountPoints",
            "ContainerDefinitions.Memory",
            "ContainerDefinitions.RestartPolicy",
            "ContainerDefinitions.DependsOn",
            "ContainerDefinitions.StopTimeout",
            "ContainerDefinitions.LogConfiguration.LogDriver",
            "ContainerDefinitions.LogConfiguration.Options.mode",
            "Volumes.Name",
        ),
        "AWS::EFS::AccessPoint": ("PosixUser", "RootDirectory"),
        "AWS::EFS::FileSystem": ("Encrypted", "BackupPolicy", "ThroughputMode"),
        "AWS::ElasticLoadBalancingV2::Listener": ("Port", "Protocol", "SslPolicy"),
        "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Scheme", "LoadBalancerAttributes"),
        "AWS::ElasticLoadBalancingV2::TargetGroup": (
            "Protocol",
            "HealthCheckPath",
            "HealthCheckIntervalSeconds",
            "HealthyThresholdCount",
            "UnhealthyThresholdCount",
            "TargetGroupAttributes",
        ),
        "AWS::Logs::LogGroup": ("RetentionInDays",),
        "AWS::SQS::Queue": (
            "FifoQueue",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedrivePolicy.maxReceiveCount",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
        ),
        "AWS::ServiceDiscovery::PrivateDnsNamespace": ("Name",),
        "AWS::ServiceDiscovery::Service": ("Name", "DnsConfig.DnsRecords"),
    }
)


@dataclass(frozen=True)
class TemplateBlock:
    """What a page says of the resources that one variable of the program before it made."""

    variable: str
    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Program:
    """A block of Python, what it raises if its page says so, and the templates that follow it."""

    page: Path
    line: int
    code: str
    error: str | None
    templates: tuple[TemplateBlock, ...]

    @property
    def name(self) -> str:
        """Page and line, as an editor finds them."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def run(self) -> dict[str, Any]:
        """Run the program in a namespace of its own, and return that."""
        namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(self.code, self.name, "exec"), namespace)  # noqa: S102 - the programs of our own docs
        return namespace

    @property
    def last_lines(self) -> range:
        """The lines of the last statement, within the program."""
        last = ast.parse(self.code).body[-1]
        return range(last.lineno, (last.end_lineno or last.lineno) + 1)


@dataclass(frozen=True)
class Table:
    """The arguments of a class or a method, as a page has them: name, default and what is allowed."""

    page: Path
    name: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """The arguments as the code has them; who makes a construct knows its first two."""
        names = self.name.split(".")
        kind: type = getattr(ecs_workloads, names[0])
        of_class = len(names) == 1
        target = getattr(kind, "__init__" if of_class else names[1])
        found = list(inspect.signature(target).parameters.values())
        if [one.name for one in found[1:3]] == ["scope", "construct_id"] and of_class:
            return found[3:]
        return found[1:] if found[0].name == "self" else found


def programs() -> list[Program]:
    """Return every program of the docs."""
    return [program for page in PAGES for program in _programs_of(page)]


def tables() -> list[Table]:
    """Return every table of arguments of the docs."""
    return [
        Table(page, match["name"], tuple(_cells(row) for row in match["rows"].splitlines()[2:]))
        for page in PAGES
        for match in _ARGUMENTS.finditer(page.read_text(encoding="utf-8"))
    ]


def made_by(namespace: dict[str, Any], block: TemplateBlock) -> str:
    """Return, in YAML, the resources that a variable of a program made: how many, and what is notable of them."""
    construct: Construct = namespace[block.variable]
    artifact = namespace["app"].synth().get_stack_artifact(Stack.of(construct).artifact_id)
    inside = f"/{construct.node.path}/"
    ids = {
        entry.data: None
        for entry in artifact.find_metadata_by_type("aws:cdk:logicalId")
        if f"{entry.path}/".startswith(inside)
    }
    found: dict[str, list[Json]] = {}
    for logical_id, resource in artifact.template["Resources"].items():
        kind: str = resource["Type"]
        if logical_id in ids and kind.startswith(block.kind):
            found.setdefault(kind, []).append(_picked(resource.get("Properties", {}), _NOTABLE.get(kind, ())))
    shown = {kind: _shown(found[kind]) for kind in sorted(found)}
    return yaml.safe_dump(shown, sort_keys=False, width=100)


def is_said(default: object, cell: str) -> bool:
    """Tell whether a cell of a table says the default that the code has."""
    if default is REQUIRED:
        return cell == "required"
    if isinstance(default, bool):
        return cell.startswith("yes" if default else "no")
    if isinstance(default, timedelta):
        return any(words in cell for words in _in_words(default))
    if isinstance(default, int | float):
        return str(default) in cell.replace(" ", "")
    if isinstance(default, str):
        return f"`{default}`" in cell
    return cell not in ("", "required")


def _programs_of(page: Path) -> Iterator[Program]:
    text = page.read_text(encoding="utf-8")
    fences = list(_FENCE.finditer(text))
    starts = [fence.start() for fence in fences if fence["language"] == "python"]
    for index, fence in enumerate(fences):
        if fence["language"] != "python":
            continue
        following = fences[index + 1] if index + 1 < len(fences) else None
        error = None
        if (
            following is not None
            and following["language"] == "text"
            and not text[fence.end() : following.start()].strip()
        ):
            error = following["text"] if _ERROR.match(following["text"]) else None
        end = min((start for start in starts if start > fence.start()), default=len(text))
        templates = tuple(
            TemplateBlock(match["variable"], match["kind"] or "", match["text"], match.start("text"), match.end("text"))
            for match in _TEMPLATE.finditer(text, fence.end(), end)
        )
        yield Program(page, text.count("\n", 0, fence.start()) + 2, fence["text"], error, templates)


def _cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip()[1:-1]))


def _picked(value: Json, paths: tuple[str, ...]) -> Json:
    """Return those parts of a property whose values stand in the template itself."""
    if isinstance(value, list):
        return [_picked(one, paths) for one in value]
    if not isinstance(value, dict):
        return None
    result: dict[str, Json] = {}
    for path in paths:
        first, _, rest = path.partition(".")
        if first not in value:
            continue
        inner = tuple(other.partition(".")[2] for other in paths if other.startswith(f"{first}."))
        part = _picked(value[first], inner) if rest else _plain(value[first])
        if part not in (None, {}, []):
            result[first] = part
    return result


def _plain(value: Json) -> Json:
    """Return a value without what is known only at deployment; pairs of key and value become a mapping."""
    if isinstance(value, list):
        pairs = [one for one in value if isinstance(one, dict) and set(one) == {"Key", "Value"}]
        if pairs and len(pairs) == len(value):
            return _plain({str(one["Key"]): one["Value"] for one in pairs})
        return [plain for one in value if (plain := _plain(one)) is not None]
    if not isinstance(value, dict):
        return value
    if any(name == "Ref" or name.startswith("Fn::") for name in value):
        return None
    return {name: plain for name, part in value.items() if (plain := _plain(part)) is not None}


def _shown(resources: list[Json]) -> Json:
    if not any(resources):
        return len(resources)
    return resources[0] if len(resources) == 1 else resources


def _in_words(time: timedelta) -> list[str]:
    seconds = int(time.total_seconds())
    units = {"day": 86_400, "hour": 3600, "minute": 60, "second": 1}
    return [
        f"{seconds // size} {unit}{'' if seconds == size else 's'}"
        for unit, size in units.items()
        if seconds % size == 0
    ]


def _write_anew() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        changes = [
            (block, made_by(namespace, block))
            for program in _programs_of(page)
            if program.templates
            for namespace in (program.run(),)
            for block in program.templates
        ]
        for block, made in reversed(changes):
            text = text[: block.start] + made + text[block.end :]
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write_anew()
