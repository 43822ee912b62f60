"""Kinds of values, as annotations ask for them, and the words for what is none."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from enum import Enum
from typing import Any, Literal, TypeGuard

from aws_cdk import Token

_OURS = "ecs_workloads"
_SHORT = {"aws_certificatemanager": "acm", "aws_elasticloadbalancingv2": "elbv2"}
# How to come by one, where its name alone does not say it.
EXAMPLES = {
    "acm.ICertificate": "acm.Certificate.from_certificate_arn(...)",
    "CapacityShare": "CapacityShare.fargate_spot()",
    "cloudwatch.IAlarm": "cloudwatch.Alarm.from_alarm_arn(...)",
    "Container": "Container(image=...)",
    "ec2.IPeer": "ec2.Peer.ipv4('10.0.0.0/8')",
    "ec2.ISecurityGroup": "ec2.SecurityGroup.from_security_group_id(...)",
    "ecs.ContainerImage": "ecs.ContainerImage.from_registry(...)",
    "ecs.HealthCheck": "ecs.HealthCheck(command=[...])",
    "ecs.Secret": "ecs.Secret.from_secrets_manager(...)",
    "efs.IAccessPoint": "SharedFileSystem.folder(...)",
    "elbv2.ApplicationProtocol": "elbv2.ApplicationProtocol.HTTPS",
    "kms.IKey": "kms.Key.from_key_arn(...)",
    "logs.RetentionDays": "logs.RetentionDays.ONE_MONTH",
    "MessageQueue": "SqsQueue(...) or SqsQueue.from_queue(...)",
    "NodeCluster": "NodeCluster()",
    "RemovalPolicy": "RemovalPolicy.RETAIN",
    "s3.IBucket": "s3.Bucket.from_bucket_name(...)",
    "Scaling": "Scaling(max_capacity=4)",
    "ScalingPolicy": "TargetCpu()",
    "secretsmanager.ISecret": "secretsmanager.Secret.from_secret_name_v2(...)",
    "Sidecar": "OpenTelemetryCollector(...)",
    "sns.ITopic": "sns.Topic.from_topic_arn(...)",
    "sqs.IQueue": "sqs.Queue.from_queue_arn(...)",
    "TierMetrics": "Worker(...).metrics",
    "Volume": "EfsVolume(...)",
}
# What is surely no object of Node, whatever interface is asked for.
_PLAIN: tuple[type, ...] = (
    str,
    bytes,
    int,
    float,
    types.NoneType,
    timedelta,
    Enum,
    type,
    Sequence,
    Mapping,
    AbstractSet,
)


class Kind:
    """What an argument may be: ``words`` say it after "must be", ``several`` after "a list of"."""

    def __init__(self, words: str, several: str, *classes: type, example: str = "") -> None:
        self.words, self.several, self.example, self._classes = words, several, example, classes

    def takes(self, value: object) -> bool:
        """Tell whether the value is of this kind, as far as it can be told without looking into it."""
        return isinstance(value, self._classes)

    def is_met_by(self, annotation: object) -> bool:  # noqa: ARG002 - only objects are parts of other objects
        """Tell whether what is annotated so may stand here."""
        return False

    def fault(self, name: str, value: object) -> str | None:
        """Return what is wrong with the value of the argument ``name``, or ``None``."""
        if self.takes(value):
            return None
        example = f", such as {self.example}" if self.example else ""
        return f"{name} must be {self.words}{self._part(name, value) or example}, got {value!r}"

    def _part(self, name: str, value: object) -> str:
        """Say which property to write for an object of ours that has what is asked for, such as ``metrics``."""
        cls = type(value)
        for attribute, member in vars(cls).items() if cls.__module__.startswith(_OURS) else ():
            if isinstance(member, property) and self.is_met_by(typing.get_type_hints(member.fget).get("return")):
                return f": say {name}=....{attribute}"
        return ""


class _Number(Kind):
    """A number and no truth value, which Python takes for 1; or a number that only the deployment knows."""

    def takes(self, value: object) -> bool:
        if isinstance(value, float) and value < 0 and Token.is_unresolved(value):
            return True
        return super().takes(value) and not isinstance(value, bool)


class _Object(Kind):
    """An object of a class, of an interface of aws_cdk, or of a protocol of ours."""

    def __init__(self, wanted: type) -> None:
        name = _name(wanted)
        # S3, SNS and SQS are spoken with a vowel first.
        article = "an" if name[0] in "AEIOaeio" or name.startswith(("s3.", "sns.", "sqs.")) else "a"
        super().__init__(f"{article} {name}", name, wanted, example=EXAMPLES.get(name, ""))
        self._wanted, self._members, self._of_node = wanted, _members(wanted), hasattr(wanted, "__jsii_type__")
        self._known: dict[type, bool] = {}

    def takes(self, value: object) -> bool:
        if self._fits(type(value)):
            return True
        # What the class of an outsider's object has not, the object may have. Those of aws_cdk would ask Node.
        outside = self._members and not self._of_node and not isinstance(value, _PLAIN)
        return bool(outside) and all(hasattr(value, name) for name in self._members)

    def is_met_by(self, annotation: object) -> bool:
        return isinstance(annotation, type) and self._fits(annotation)

    def _fits(self, cls: type) -> bool:
        if cls not in self._known:
            self._known[cls] = self._is_right(cls)
        return self._known[cls]

    def _is_right(self, cls: type) -> bool:
        if issubclass(cls, self._wanted if not self._members else _PLAIN):
            return not self._members
        # What aws_cdk imports is a proxy, whatever it stands for. Outsiders may implement an interface as they like.
        if self._of_node and (cls.__module__.startswith("jsii.") or (self._members and not _of_library(cls))):
            return True
        return bool(self._members) and all(hasattr(cls, name) for name in self._members)


class _Either(Kind):
    """One of several kinds."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        words, several = (" or ".join(many) for many in zip(*((one.words, one.several) for one in kinds), strict=True))
        super().__init__(words, several, example=next((one.example for one in kinds if one.example), ""))
        self._kinds = kinds

    def takes(self, value: object) -> bool:
        return any(kind.takes(value) for kind in self._kinds)

    def is_met_by(self, annotation: object) -> bool:
        return any(kind.is_met_by(annotation) for kind in self._kinds)


class _Optional(Kind):
    """A kind, or nothing."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.words, kind.several)
        self._kind = kind

    def fault(self, name: str, value: object) -> str | None:
        return None if value is None else self._kind.fault(name, value)


class _List(Kind):
    """A list, or another collection, of one kind."""

    def __init__(self, of: Kind, collection: type) -> None:
        super().__init__(f"a list of {of.several}", f"lists of {of.several}", collection, example=of.example)
        self._of = of

    def takes(self, value: object) -> bool:
        return super().takes(value) and not isinstance(value, str | bytes)

    def is_met_by(self, annotation: object) -> bool:
        return typing.get_origin(annotation) is Sequence and self._of.is_met_by(typing.get_args(annotation)[0])

    def fault(self, name: str, value: object) -> str | None:
        wrong = super().fault(name, value)
        if not _are_several(value) or wrong is not None:
            return wrong
        faults = (self._of.fault(f"{name}[{place}]", one) for place, one in enumerate(value))
        return next(filter(None, faults), None)


class _Dict(Kind):
    """A dict, or another mapping, with keys of one kind and values of one kind."""

    def __init__(self, key: Kind, of: Kind) -> None:
        super().__init__(f"a dict of {of.several}", f"dicts of {of.several}", Mapping, example=of.example)
        self._key, self._of = key, of

    def fault(self, name: str, value: object) -> str | None:
        wrong = super().fault(name, value)
        if not _are_by_key(value) or wrong is not None:
            return wrong
        keys = (self._key.fault(f"a key of {name}", key) for key in value)
        values = (self._of.fault(f"{name}[{key!r}]", one) for key, one in value.items())
        return next(filter(None, (*keys, *values)), None)


_SIMPLE: Mapping[type, Kind] = {
    bool: Kind("True or False", "truth values", bool),
    int: _Number("a whole number", "whole numbers", int),
    float: _Number("a number", "numbers", int, float),
    str: Kind("a string", "strings", str),
    timedelta: Kind("a datetime.timedelta", "datetime.timedelta", timedelta),
}


@functools.cache
def kind_of(annotation: Any) -> Kind:  # noqa: ANN401 - an annotation is of no class
    """Return the kind that an annotation asks for. What a text must say is checked where its value is."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        kinds = [kind_of(part) for part in parts if part is not types.NoneType]
        kind = kinds[0] if len(kinds) == 1 else _Either(kinds)
        return _Optional(kind) if types.NoneType in parts else kind
    if origin is Literal:
        words = " or ".join(map(repr, parts))
        return Kind(words, words, *map(_class, parts))
    if origin is Mapping:
        return _Dict(kind_of(parts[0]), kind_of(parts[1]))
    if origin in (Sequence, Collection):
        return _List(kind_of(parts[0]), origin)
    return _SIMPLE.get(annotation) or _Object(annotation)


def _class(value: object) -> type:
    return type(value)


def _are_several(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, Collection)


def _are_by_key(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _members(wanted: type) -> frozenset[str]:
    """Return what a protocol asks for; nothing of a class."""
    bases = [base for base in wanted.__mro__ if getattr(base, "_is_protocol", False) and base is not typing.Protocol]
    names = {name for base in bases if getattr(wanted, "_is_protocol", False) for name in vars(base)}
    return frozenset(name for name in names if not name.startswith("_"))


def _of_library(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in ("aws_cdk", "constructs", _OURS)


def _name(cls: type) -> str:
    """Return the name that a program writes for a class: ``ec2.IVpc``, ``Domain``."""
    package, _, module = cls.__module__.partition(".")
    if package != "aws_cdk" or not module:
        return cls.__qualname__
    module = module.partition(".")[0]
    return f"{_SHORT.get(module, module.removeprefix('aws_'))}.{cls.__qualname__}"
