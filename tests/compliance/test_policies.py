"""Six policy packs find nothing but what two lists accept, and the lists hold nothing that is not found."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import aws_cdk as cdk
import pytest

from ecs_workloads.checks import SECURITY_HUB_CONTROLS
from stacks import accepted_findings, policies
from stacks.deployment import Deployment
from stacks.environments import ENVIRONMENTS, Environment
from tests.compliance.foreign_app import foreign_app
from tests.compliance.places import LIBRARY
from tests.stacks.assemblies import ROOT, feature_flags
from tests.stacks.test_deployment import BORROWED, ISOLATED, WITH_ACCOUNT

ALL = (*ENVIRONMENTS, BORROWED, ISOLATED, WITH_ACCOUNT)
# Of all, and of cdk-nag's packs. Fewer is better; more needs a reason that the page on policies gives.
MOST_RULES = (34, 19)
# Both are below the task definition, which acknowledges what is found at either.
_ROLES = {"execution role": "/ExecutionRole/", "task role": "/TaskRole/"}
_ANY_RESOURCE = "IAM5[Resource::...]"


@dataclass(frozen=True)
class Finding:
    """What one pack finds at one resource, by its prefixed id."""

    rule: str
    path: str


# What a construct acknowledges, by its path: reasons by prefixed ids.
Acknowledged: TypeAlias = Mapping[str, Mapping[str, str]]


@functools.cache
def findings(environment: Environment) -> tuple[frozenset[Finding], Acknowledged]:
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


def _acknowledged(app: cdk.App) -> Acknowledged:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for construct in app.node.find_all():
        for entry in construct.node.metadata:
            if entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY:
                found[construct.node.path].update(entry.data)
    return found


def covered(finding: Finding, acknowledged: Acknowledged) -> bool:
    parts = finding.path.split("/")
    return any(finding.rule in acknowledged.get("/".join(parts[: end + 1]), {}) for end in range(len(parts)))


@pytest.mark.parametrize("environment", ALL, ids=lambda one: one.name)
def test_everything_that_is_found_is_accepted(environment: Environment) -> None:
    found, acknowledged = findings(environment)

    assert found
    assert sorted({str(one) for one in found if not covered(one, acknowledged)}) == []


def places(finding: Finding, acknowledged: Acknowledged) -> set[tuple[str, str, str]]:
    """Return place, pack and rule of the entries of both lists that a finding is of: those nearest to its construct."""
    pack, rule = finding.rule.split("::", maxsplit=1)
    parts = finding.path.split("/")
    above = ["/".join(parts[: end + 1]) for end in reversed(range(len(parts)))]
    path, reason = next((path, rules[finding.rule]) for path in above if finding.rule in (rules := acknowledged[path]))
    names = {rule.removeprefix(f"{pack}-"), _ANY_RESOURCE if "[Resource::arn" in rule else ""}
    library = {
        (one["construct"], pack, one["rule"])
        for one in LIBRARY
        if one["rule"] in names
        and pack in one["packs"]
        and one["reason"] in reason
        and _ROLES.get(one["construct"], "") in finding.path
    }
    layer = path.rpartition("/")[2]
    return library | {
        (layer, pack, one.rule)
        for one in accepted_findings.EVERY
        if (one.layer, one.reason) == (layer, reason) and one.rule in names and pack in one.packs
    }


@functools.cache
def everything_found() -> frozenset[tuple[str, str, str]]:
    """Return place, pack and rule of all that is found in all environments and in the app that uses everything."""
    foreign = foreign_app()
    foreign.synth()
    acknowledged = _acknowledged(foreign)
    every = [(frozenset(one for one in _found(foreign) if covered(one, acknowledged)), acknowledged)]
    every += [findings(environment) for environment in ALL]
    return frozenset(place for found, accepted in every for one in found for place in places(one, accepted))


def test_everything_that_is_accepted_is_found_where_it_is_accepted() -> None:
    listed = {(one["construct"], pack, one["rule"]) for one in LIBRARY for pack in one["packs"]}
    listed |= {(one.layer, pack, one.rule) for one in accepted_findings.EVERY for pack in one.packs}
    of_nag = {one for one in listed if one[1] not in (accepted_findings.CHECKOV, accepted_findings.SECURITY_HUB)}

    assert sorted(of_nag - everything_found()) == []


def test_every_finding_is_of_an_entry_for_its_place() -> None:
    for environment in ALL:
        found, acknowledged = findings(environment)
        assert [one for one in found if not places(one, acknowledged)] == []


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
        "A template does not decide settings of the account (S3.1, EC2.7, EC2.172), and what somebody does or leaves",
        "undone later (SecretsManager.2 to SecretsManager.4). Controls on what nothing here makes are not checked:",
        "Lambda, RDS, ElastiCache, CodeBuild, Step Functions, groups of instances.",
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    (ROOT / "docs" / "policies.md").write_text(policies_page(), encoding="utf-8")
