"""The next version of a cloud assembly, in which the image of one container does not run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

LAST_WORDS = "this version is broken"
_DOCKERFILE = f"""FROM python
CMD ["python3", "-c", "raise SystemExit('{LAST_WORDS}')"]
"""


def break_image(assembly: Path, into: Path, *, asset: str, stack: str) -> Path:
    """Copy an assembly with another image of one container.

    Args:
        assembly: The assembly.
        into: Folder of the new one.
        asset: Name of the image asset, as its stack displays it.
        stack: Name of the stack that holds the container.
    """
    shutil.copytree(assembly, into)
    files = list(into.rglob("*.json"))
    names = _names(files)
    # What changes is published under another name.
    for old in (names[asset], names[f"{stack} Template"]):
        for file in files:
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(old, old[::-1]), encoding="utf-8")
    folder = into / f"asset.{names[asset]}"
    (folder / "Dockerfile").write_text(_DOCKERFILE, encoding="utf-8")
    folder.rename(into / f"asset.{names[asset][::-1]}")
    return into


def _names(files: list[Path]) -> dict[str, str]:
    """Return the names of all assets, by how they are displayed."""
    found: dict[str, str] = {}
    for file in files:
        if file.name.endswith(".assets.json"):
            assets = json.loads(file.read_text(encoding="utf-8"))
            for kind in ("files", "dockerImages"):
                found |= {str(each["displayName"]): name for name, each in assets.get(kind, {}).items()}
    return found
