"""An assertion about what policy packs find."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import cdk_nag
    from aws_cdk import App

_REPORT = "validation-report.json"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a policy pack finds at one construct, and nobody acknowledged.

    Args:
        pack: Name of the pack, such as ``AwsSolutions``.
        rule: Rule with the item that breaks it, such as ``AwsSolutions-IAM5[Resource::*]``.
        construct_path: Construct that made the resource.
        description: What is wrong, in the words of the pack.
        severity: ``error`` or ``warning``.
    """

    pack: str
    rule: str
    construct_path: str
    description: str
    severity: str

    @property
    def acknowledgement(self) -> str:
        """The id by which the finding is acknowledged, in the form that leaves a trace in the report."""
        return f"{self.pack}::{self.rule}"

    def __str__(self) -> str:
        """Return rule, construct, and what to do."""
        return (
            f"{self.rule} ({self.severity}) at {self.construct_path}\n"
            f"  {self.description}\n"
            f"  Mend the construct; or, where that cannot be, acknowledge {self.acknowledgement!r} at it with a reason"
        )


def findings(app: App, packs: Sequence[cdk_nag.NagPack]) -> list[Finding]:
    """Synthesise ``app`` with ``packs`` and return what they find, acknowledged findings left out.

    Args:
        app: The app. The packs stay attached to it.
        packs: At least one pack of cdk-nag, or packs of your own.

    Raises:
        ValueError: There is no pack.
        RuntimeError: The app cannot be synthesised.
    """
    from aws_cdk import Validations  # noqa: PLC0415 - whoever only imports the name needs no Node

    if not packs:
        raise ValueError("findings: packs must name at least one pack, such as cdk_nag.AwsSolutionsChecks(app)")
    names = [pack.name for pack in packs]
    Validations.of(app).add_plugins(*packs)
    report = Path(app.outdir) / _REPORT
    report.unlink(missing_ok=True)
    try:
        app.synth(force=True)
    except RuntimeError:
        # What a pack finds ends the synthesis, and is in the report; anything else is the caller's to see.
        if not any(plugin["conclusion"] == "failure" for plugin in _reports(report)):
            raise
    return list(dict.fromkeys(_read(_reports(report), names)))


def assert_no_findings(app: App, packs: Sequence[cdk_nag.NagPack]) -> None:
    """Fail if ``packs`` find anything in ``app`` that is not acknowledged: what, where, and what to do.

    Args:
        app: The app. It is synthesised, whether it was before or not, and the packs stay attached to it.
        packs: At least one pack, such as ``cdk_nag.AwsSolutionsChecks(app)``.

    Raises:
        AssertionError: There is a finding that nobody acknowledged, warnings included.
        ValueError: There is no pack.
        RuntimeError: The app cannot be synthesised.
    """
    __tracebackhide__ = True
    found = findings(app, packs)
    if found:
        told = "\n".join(str(one) for one in found)
        raise AssertionError(f"{len(found)} finding{'s' if len(found) > 1 else ''} of policy packs:\n{told}")


def _reports(report: Path) -> list[dict[str, Any]]:
    if not report.exists():
        return []
    found: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["pluginReports"]
    return found


def _read(reports: Sequence[dict[str, Any]], packs: Sequence[str]) -> Iterator[Finding]:
    for plugin in reports:
        if plugin["pluginName"] not in packs:
            continue
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                yield Finding(
                    pack=plugin["pluginName"],
                    rule=violation["ruleName"],
                    construct_path=construct["constructPath"],
                    description=violation["description"],
                    severity=violation["severity"],
                )
