"""Every rule of the library, broken once. ``python -m tests.mutation checks`` shows that no row is idle."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from constructs import IConstruct

import ecs_workloads
from tests.unit.bad_input import (
    alarms,
    bounds,
    capacity,
    containers,
    entries,
    images,
    kinds,
    managed_brokers,
    queues,
    scaling,
    sidecars,
    tiers,
    tokens,
    volumes,
)
from tests.unit.bad_input.row import Bench, Row, TokenRow

ROWS: tuple[Row, ...] = (
    *containers.ROWS,
    *volumes.ROWS,
    *sidecars.ROWS,
    *images.ROWS,
    *tiers.ROWS,
    *entries.ROWS,
    *bounds.ROWS,
    *kinds.ROWS,
    *queues.ROWS,
    *managed_brokers.ROWS,
    *scaling.ROWS,
    *capacity.ROWS,
    *alarms.ROWS,
)
NAMES = [row.name for row in ROWS]
TOKEN_NAMES = [row.name for row in tokens.ROWS]


def _resources(of: IConstruct) -> list[str]:
    return [child.node.path for child in of.node.find_all() if cdk.CfnResource.is_cfn_resource(child)]


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_refuses(row: Row) -> None:
    bench = Bench()

    with pytest.raises(row.error) as refusal:
        row.call(bench)

    assert str(refusal.value).startswith(f"{row.subject}: {row.message}")
    failed = bench.stack.node.try_find_child(row.subject.removeprefix("Stack/").split(",")[0])
    assert bool(failed and _resources(failed)) == row.leaves


@pytest.mark.parametrize("row", tokens.ROWS, ids=TOKEN_NAMES)
def test_passes_a_token(row: TokenRow) -> None:
    row.call(Bench())


def test_every_rule_has_a_row_of_its_own() -> None:
    names = [*NAMES, *TOKEN_NAMES]
    assert len(set(names)) == len(names)


def test_every_message_names_a_construct_or_a_value() -> None:
    nameless = {
        row.name for row in ROWS if row.subject.split("/")[0].split()[0] not in {"Stack", *ecs_workloads.__all__}
    }
    # A queue does not know for which tier it names its variables.
    assert nameless == {"a queue's prefix in small letters"}
