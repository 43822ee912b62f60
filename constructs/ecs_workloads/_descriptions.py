"""Descriptions as EC2 takes them: the ids of constructs may be of any letters, and their paths of any length."""

from __future__ import annotations

import re

_LONGEST = 255
_OF_GROUPS = re.compile(r"[^A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]")


def group_description(text: str) -> str:
    """Return ``text`` as the description of a security group, whose change would replace the group.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    """
    return _OF_GROUPS.sub("_", text)[:_LONGEST]


def rule_description(text: str) -> str:
    """Return ``text`` as the description of a rule about another security group, which takes no ``&``.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UserIdGroupPair.html
    """
    return group_description(text).replace("&", "_")
