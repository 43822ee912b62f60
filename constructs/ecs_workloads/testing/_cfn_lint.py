"""What cfn-lint brings along: CloudFormation's own schemas, and its list of types that hold data.

Its import takes a third of a second, so it waits until somebody asks.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from ecs_workloads.testing._json import Json

# The region with most types; the others are asked for what it lacks.
_FIRST_REGION = "us-east-1"


@functools.cache
def schema(resource_type: str) -> dict[str, Json] | None:
    """Return the schema of a type as the registry of CloudFormation has it, or ``None`` for an unknown type."""
    from cfnlint.helpers import REGIONS  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]  # it ships none
    from cfnlint.schema import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]  # it ships none
        PROVIDER_SCHEMA_MANAGER,
        ResourceNotFoundError,
    )

    for region in (_FIRST_REGION, *REGIONS):
        try:
            found = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, resource_type)
        except ResourceNotFoundError:
            continue
        known: dict[str, Json] = found.schema  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # it ships no types
        return known
    return None


def types() -> Sequence[str]:
    """Return the types of the region that has most."""
    from cfnlint.schema import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]  # it ships none
        PROVIDER_SCHEMA_MANAGER,
    )

    found: list[str] = PROVIDER_SCHEMA_MANAGER.get_resource_types(_FIRST_REGION)
    return found


@functools.cache
def stateful_types() -> frozenset[str]:
    """Return the types of which cfn-lint says that they hold data."""
    from cfnlint.data import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]  # it ships none
        AdditionalSpecs,
    )
    from cfnlint.helpers import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]  # it ships none
        load_resource,  # pyright: ignore[reportUnknownVariableType]  # it ships no types
    )

    specification: dict[str, dict[str, Json]] = load_resource(AdditionalSpecs, "StatefulResources.json")
    return frozenset(specification["ResourceTypes"])
