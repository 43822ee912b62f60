"""A name by which users reach a web server."""

from __future__ import annotations

from dataclasses import dataclass

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_name, is_token, require

_HOST_NAME = r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class Domain:
    """A host name, and the Route 53 hosted zone that answers for it.

    Args:
        domain_name: Host name, lower case, such as ``shop.example.com``.
        hosted_zone_id: Id of a public hosted zone of the same account. Defaults to none: then no alias record
            is made, and the certificate must be given, since only the zone can prove that the name is yours.
        zone_name: Name of that zone, such as ``example.com``. Required with ``hosted_zone_id``.

    Raises:
        ValueError: A name is no host name, only one of the zone's two arguments is given, or the host name is
            not inside the zone.
        TypeError: An argument is of another kind.
    """

    domain_name: str
    hosted_zone_id: str | None = None
    zone_name: str | None = None

    def __post_init__(self) -> None:
        check_name("Domain", "domain_name", self.domain_name, _HOST_NAME, "a host name in lower case")
        require(
            (self.hosted_zone_id is None) == (self.zone_name is None),
            "Domain",
            f"hosted_zone_id and zone_name go together, got {self.hosted_zone_id!r} and {self.zone_name!r}",
        )
        if self.zone_name is not None:
            check_name("Domain", "zone_name", self.zone_name, _HOST_NAME, "a host name in lower case")
            require(
                is_token(self.domain_name)
                or is_token(self.zone_name)
                or f".{self.domain_name}".endswith(f".{self.zone_name}"),
                "Domain",
                f"{self.domain_name!r} is not inside the zone {self.zone_name!r}",
            )
