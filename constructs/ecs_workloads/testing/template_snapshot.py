"""Templates as snapshots that people review."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from syrupy.extensions.json import JSONSnapshotExtension

from ecs_workloads.testing._json import Json

if TYPE_CHECKING:
    from syrupy.types import PropertyFilter, PropertyMatcher, SerializableData, SerializedData

# The hash of an asset changes with every edit of a program. The digest of an image, the thumbprint of a certificate and
# the name of a file on somebody's site are a choice, and stay.
_ASSET_HASH = re.compile(
    r"""
    (?:
        \basset\.                                              # where the assembly has it
        | "S3(?:Object)?Key":\s"(?:[^"]*/)?                    # its key in a bucket
        | "(?:[^\s":]*/)?(?=[0-9a-f]{64}\.[a-z0-9])            # its key with the ending of a file, under any name
        | (?:s3://|-assets-)[^\s"]*/                           # its address in a bucket
        | /[^\s"]*:(?<!sha256:)                                # the tag of an image
    )
    ([0-9a-f]{64})\b
    """,
    re.VERBOSE,
)
# A version of a Lambda function bears the hash of its code in its logical id.
_VERSION_HASH = re.compile(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}\b")


class TemplateSnapshot(JSONSnapshotExtension):
    """A syrupy extension for a template, or for templates by the names of their stacks.

    ``assert template.to_json() == snapshot(extension_class=TemplateSnapshot)``, or the fixture ``cdk_snapshot``. There
    is one file of JSON for each snapshot, without the hashes of assets. A difference is shown for each entry of a
    template that it touches: resource, output, parameter.
    """

    def serialize(
        self,
        data: SerializableData,
        *,
        exclude: PropertyFilter | None = None,
        include: PropertyFilter | None = None,
        matcher: PropertyMatcher | None = None,
    ) -> SerializedData:
        """Return the template as JSON, without the hashes of assets.

        Raises:
            TypeError: It is no mapping.
        """
        if not isinstance(data, Mapping):
            raise TypeError(f"a template snapshot takes template.to_json() or a dict of such, got {data!r}")
        return _scrubbed(str(super().serialize(data, exclude=exclude, include=include, matcher=matcher)))

    def diff_lines(self, serialized_data: SerializedData, snapshot_data: SerializedData) -> Iterator[str]:
        """Return what differs, entry by entry, each under its name."""
        new, old = _entries(str(serialized_data)), _entries(str(snapshot_data))
        for name in sorted(old.keys() | new.keys()):
            before, after = old.get(name, []), new.get(name, [])
            if before != after:
                yield f"  {name}{'' if before else ' is new'}{'' if after else ' is gone'}"
                yield from (f"    {line}" for line in list(difflib.unified_diff(before, after, n=2, lineterm=""))[2:])


def _scrubbed(text: str) -> str:
    """Return ``text`` without the hashes of assets: what is one in one place is the same one in every other."""
    for asset_hash in set(_ASSET_HASH.findall(text)):
        text = re.sub(rf"(?<!sha256:)\b{asset_hash}\b", "HASH", text)
    return _VERSION_HASH.sub(r"\1HASH", text)


def _entries(text: str) -> dict[str, list[str]]:
    """Return the entries of templates, each as lines under a name such as ``Resources / Queue (AWS::SQS::Queue)``."""
    found: dict[str, list[str]] = {}
    value: Json = json.loads(text) if text else {}
    for path, entry in _flat(value, ()):
        kind = entry.get("Type") if isinstance(entry, dict) else None
        name = " / ".join(path) + (f" ({kind})" if isinstance(kind, str) else "")
        found[name] = json.dumps(entry, indent=2).splitlines()
    return found


def _flat(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    is_template = isinstance(value, dict) and "Resources" in value
    if not isinstance(value, dict):
        yield path, value
    elif is_template:
        for name, section in value.items():
            for key, entry in section.items() if isinstance(section, dict) else (("", section),):
                yield (*path, name, key) if key else (*path, name), entry
    else:
        for name, inner in value.items():
            yield from _flat(inner, (*path, name))
