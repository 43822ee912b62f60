"""Six policy packs find nothing but what two lists accept, and the lists hold nothing that is not found."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from ecs_workloads import AppServer, Container, ContainerCluster, Domain, Scaling, SqsQueue, WebServer, Worker
from ecs_workloads.checks import SECURITY_HUB_CONTROLS
from stacks import accepted_findings, policies
from stacks.deployment import Deployment
from stacks.environments import ENVIRONMENTS, Environment
from tests.stacks.assemblies import ROOT, feature_flags
from tests.stacks.test_deployment import BORROWED, ISOLATED, WITH_ACCOUNT
from tests.templates import HEALTHY

ALL = (*ENVIRONMENTS, BORROWED, ISOLATED, WITH_ACCOUNT)
# Of all, and of cdk-nag's packs. Fewer is better; more needs a reason that the page on policies gives.
MOST_RULES = (34, 19)
LIBRARY = tomllib.loads((ROOT / "constructs" / "ecs_workloads" / "accepted_findings.toml").read_text(encoding="utf-8"))[
    "accepted"
]


@dataclass(frozen=True)
class Finding:
    """What one pack finds at one resource, by its prefixed id."""

    rule: str
    path: str


@functools.cache
def findings(environment: Environment) -> tuple[frozenset[Finding], dict[str, dict[str, str]]]:
    """Return all findings, accepted ones included, and what each construct acknowledges."""
    app = cdk.App(context=feature_flags(), analytics_reporting=False)
    Deployment(app, f"shop-{environment.name}", environment=environment)
    return frozenset(_found(app)), _acknowledged(app)


def _found(app: cdk.App) -> Iterator[Finding]:
    for pack in policies.packs(app):
        # A pack run by hand knows no prefixed id: it reports what is acknowledged as well.
        for violation in pack.validate_scope(app).violations:
            for resource in violation.violating_resources:
                rule = f"{violation.rule_name.split('-', maxsplit=1)[0]}::{violation.rule_name}"
                yield Finding(rule, str(resource.construct_path))


def _acknowledged(app: cdk.App) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for construct in app.node.find_all():
        for entry in construct.node.metadata:
            if entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY:
                found.setdefault(construct.node.path, {}).update(entry.data)
    return found


def covered(finding: Finding, acknowledged: dict[str, dict[str, str]]) -> bool:
    parts = finding.path.split("/")
    return any(finding.rule in acknowledged.get("/".join(parts[: end + 1]), {}) for end in range(len(parts)))


@pytest.mark.parametrize("environment", ALL, ids=lambda one: one.name)
def test_everything_that_is_found_is_accepted(environment: Environment) -> None:
    found, acknowledged = findings(environment)

    assert found
    assert sorted({str(one) for one in found if not covered(one, acknowledged)}) == []


def _found_rules() -> set[str]:
    return {one.rule.split("::", maxsplit=1)[1] for environment in ALL for one in findings(environment)[0]}


def test_everything_that_is_accepted_is_found() -> None:
    found = _found_rules()
    any_resource = {rule.split("[")[0] for rule in found if "[Resource::arn" in rule}
    listed = {
        f"{pack}-{entry['rule']}"
        for entry in LIBRARY
        for pack in entry["packs"]
        if "[Resource::..." not in entry["rule"]
    }
    listed |= {f"{pack}-{one.rule}" for one in accepted_findings.EVERY for pack in one.packs}

    assert any_resource == {"AwsSolutions-IAM5"}
    of_nag = {pack.split("-", maxsplit=1)[0] for pack in found}
    assert sorted(rule for rule in listed - found if rule.split("-", maxsplit=1)[0] in of_nag) == []


def test_the_list_of_the_library_is_short_and_every_entry_has_its_reason() -> None:
    for entry in LIBRARY:
        assert len(entry["reason"]) > 20, entry
        assert entry["source"].startswith("https://"), entry


def listed_rules(*shop: accepted_findings.AcceptedFinding) -> dict[str, set[str]]:
    """Return each rule of the list of the library and of ``shop``, with the packs that have it."""
    found: dict[str, set[str]] = {}
    for rule, packs in [*((one["rule"], one["packs"]) for one in LIBRARY), *((one.rule, one.packs) for one in shop)]:
        found.setdefault(rule.split("[")[0], set()).update(packs)
    return found


def of_cdk_nag(rules: dict[str, set[str]]) -> int:
    return sum(not packs & {accepted_findings.CHECKOV, accepted_findings.SECURITY_HUB} for packs in rules.values())


def test_no_rule_more_is_broken_than_the_page_explains() -> None:
    every = listed_rules(*accepted_findings.EVERY)
    assert (len(every), of_cdk_nag(every)) <= MOST_RULES


def test_the_page_on_policies_is_that_of_the_lists() -> None:
    assert (ROOT / "docs" / "policies.md").read_text(encoding="utf-8") == policies_page()


def _how_many() -> Iterator[str]:
    every = listed_rules(*accepted_findings.EVERY)
    settled = listed_rules(*accepted_findings.ALWAYS, *accepted_findings.PROTECTED)
    by_tool = [
        sum(tool in packs for packs in every.values())
        for tool in (accepted_findings.CHECKOV, accepted_findings.SECURITY_HUB)
    ]
    reasons = {one["reason"] for one in LIBRARY} | {one.reason for one in accepted_findings.EVERY}
    yield "## How many, and why not fewer"
    yield ""
    yield f"{len(every)} rules are listed: {of_cdk_nag(every)} of cdk-nag's packs, {by_tool[0]} of checkov and"
    yield f"{by_tool[1]} controls of Security Hub, for {len(reasons)} reasons: one choice often breaks a rule in each."
    yield f"{len(every) - len(settled)} are only of environments without a domain, or that somebody may delete; a"
    yield f"protected one with a domain breaks {len(settled)} at most, {of_cdk_nag(settled)} of them of cdk-nag."
    yield ""
    yield "The aim was fewer than 12, and is missed. [Decision 0014](decisions/0014-what-policy-packs-cost.md) has"
    yield "what was done for a rule, what was tried, and why the rest stays."


def policies_page() -> str:
    """Return ``docs/policies.md``; ``python -m tests.compliance.test_policies`` writes it."""
    lines = [
        "# What policy packs find, and why it stays",
        "",
        "Every synthesis holds all environments against the six packs of cdk-nag; a finding that is not listed here",
        "fails it. Tests hold the templates against checkov, and against the controls of AWS Security Hub that a",
        "template decides (`ecs_workloads.checks.broken_controls`). This page is made from `accepted_findings.toml` of",
        "the library, whose findings are acknowledged at the construct that has them, in your app too, and from",
        "`stacks/accepted_findings.py`, the choices of this repository. A test fails for an entry that is no longer",
        "found.",
        "",
        *_how_many(),
        "",
        "## Of the library",
        "",
        "| construct | rule | packs | why it stays |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {one['construct']} | `{one['rule']}` | {', '.join(one['packs'])} | {one['reason']} "
        f"([source]({one['source']})) |"
        for one in LIBRARY
    ]
    lines += ["", "## Of the shop", "", "| layer | rule | packs | why it stays |", "|---|---|---|---|"]
    lines += [
        f"| {one.layer} | `{one.rule}` | {', '.join(one.packs)} | {one.reason} |" for one in accepted_findings.EVERY
    ]
    lines += [
        "",
        "## Controls of AWS Security Hub",
        "",
        "These are checked: " + ", ".join(SECURITY_HUB_CONTROLS) + ".",
        "",
        "A template does not decide the others: settings of the account (S3.1, EC2.7, EC2.172), what somebody does or",
        "leaves undone later (SecretsManager.2 to SecretsManager.4), and those on resources that nothing here makes.",
    ]
    return "\n".join([*lines, ""])


def test_a_foreign_app_sees_only_its_own_findings(tmp_path: Path) -> None:
    app = cdk.App(context=feature_flags(), analytics_reporting=False, outdir=str(tmp_path))
    stack = cdk.Stack(app, "Foreign")
    vpc = ec2.Vpc(stack, "Vpc", restrict_default_security_group=False)
    cluster = ContainerCluster(stack, "Cluster", vpc=vpc).cluster
    container = Container(
        image=ecs.ContainerImage.from_registry("example.com/shop:1.0.0"),
        port=8080,
        environment={"MODE": "shop"},
        health_check=HEALTHY,
    )
    orders = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    WebServer(
        stack,
        "Web",
        cluster=cluster,
        container=container,
        domain=Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com"),
        enable_execute_command=True,
    ).send_to(orders, prefix="ORDERS")
    AppServer(stack, "App", cluster=cluster, container=container, dns_name="app", enable_execute_command=True)
    Worker(stack, "Worker", cluster=cluster, container=container, queue=orders, scaling=Scaling())

    acknowledged = _acknowledged(app)
    open_findings = {
        f"{violation.rule_name} {resource.construct_path}"
        for violation in cdk_nag.AwsSolutionsChecks(app).validate_scope(app).violations
        for resource in violation.violating_resources
        if not covered(Finding(f"AwsSolutions::{violation.rule_name}", str(resource.construct_path)), acknowledged)
    }
    assert open_findings == {"AwsSolutions-VPC7 Foreign/Vpc/Resource"}


if __name__ == "__main__":
    (ROOT / "docs" / "policies.md").write_text(policies_page(), encoding="utf-8")
