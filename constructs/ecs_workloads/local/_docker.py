"""What the CDK command line asks of Docker, answered without Docker. Run by the program that ``CDK_DOCKER`` names."""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from ecs_workloads.local._build import Build
from ecs_workloads.local._image import Image
from ecs_workloads.local._image_store import ImageStore
from ecs_workloads.local._mode import Mode
from ecs_workloads.local.local_error import LocalError

_VERBS = ("login", "inspect", "build", "tag", "push", "images")
_TIMEOUT = 30.0  # seconds
_WITH_VALUE = {"--tag", "-t", "--build-arg", "--build-context", "--target", "--file", "-f", "--platform"}
_REPOSITORY = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:]+):(?P<tag>.+)"
)


def main() -> None:
    """Answer one call: the folder of the image names, the mode of the target, then the arguments of ``docker``."""
    try:
        sys.exit(answer(ImageStore(Path(sys.argv[1])), sys.argv[3:], Mode(sys.argv[2])))
    except (LocalError, OSError) as error:  # a full disk is one of the latter
        sys.exit(str(error))


def answer(store: ImageStore, arguments: Sequence[str], mode: Mode = Mode.NAMESPACES) -> int:
    """Do what ``docker ARGUMENTS`` would, and return its exit code.

    Raises:
        LocalError: It is a verb or a flag that the local target does not know, or it failed.
    """
    rest = list(arguments)
    if rest[:1] == ["--config"]:
        rest = rest[2:]
    verb = rest.pop(0) if rest else "nothing"
    match verb:
        case "login":
            sys.stdin.read()
            print("Login Succeeded")
        case "inspect":
            return _inspect(store, rest)
        case "build":
            _build(store, rest, mode)
        case "tag":
            store.put(rest[1], _find(store, rest[0]))
        case "push":
            _push(store, rest[-1])
        case "images":
            print("\n".join(store.names()))
        case _:
            raise LocalError(f"the local target answers docker {', '.join(_VERBS)}; it cannot do docker {verb}")
    return 0


def _find(store: ImageStore, name: str) -> Image:
    image = store.find(name)
    if image is None:
        raise LocalError(f"there is no image {name}")
    return image


def _inspect(store: ImageStore, arguments: Sequence[str]) -> int:
    image = store.find(arguments[-1])
    if image is None:
        print(f"Error: No such object: {arguments[-1]}", file=sys.stderr)
        return 1
    print(json.dumps([{"Id": image.folder, "RepoTags": [arguments[-1]]}]))
    return 0


def _build(store: ImageStore, arguments: Sequence[str], mode: Mode) -> None:
    options: dict[str, list[str]] = {}
    folders: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in _WITH_VALUE:
            options.setdefault(name, []).append(value if equals else rest.pop(0))
        elif word.startswith("-") and word != "-":
            raise LocalError(f"the local target cannot do docker build {word}")
        else:
            folders.append(word)
    context = Path(folders[-1] if folders else ".").resolve()
    files = [*options.get("--file", []), *options.get("-f", [])]
    image = Build(
        context=context,
        dockerfile=context / (files[-1] if files else "Dockerfile"),
        arguments=_named(options.get("--build-arg", [])),
        contexts={name: Path(folder).resolve() for name, folder in _named(options.get("--build-context", [])).items()},
        target=next(iter(options.get("--target", [])), None),
        mode=mode,
    ).run()
    for warning in image.warnings:
        print(f"warning: {context.name}: {warning}", file=sys.stderr)
    for name in [*options.get("--tag", []), *options.get("-t", [])]:
        store.put(name, image)


def _named(values: Sequence[str]) -> dict[str, str]:
    parts = [each.partition("=") for each in values]
    return {name: value for name, _, value in parts}


def _push(store: ImageStore, name: str) -> None:
    image = _find(store, name)
    match = _REPOSITORY.fullmatch(name)
    if match is None:
        raise LocalError(f"the local target pushes to repositories of ECR alone, not to {name}")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "local": image.folder}
    content = {"repositoryName": match["name"], "imageTag": match["tag"], "imageManifest": json.dumps(manifest)}
    # An SDK takes longer to import than all else that is done here, and the target does not look at signatures.
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/20000101/{match['region']}/ecr/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.PutImage",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=local",
    }
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], json.dumps(content).encode(), headers)  # noqa: S310 - it begins with http
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT):  # noqa: S310
            pass
    except urllib.error.HTTPError as error:
        said = json.load(error)
        raise LocalError(f"cannot push {name}: {said.get('message', error)}") from error


if __name__ == "__main__":
    main()
