"""Images without Docker: what the CDK command line asks of it, and what a Dockerfile says."""

from __future__ import annotations

import io
import json
import subprocess
import tempfile
from pathlib import Path

import pytest

from ecs_workloads.local import LocalError, _namespaces
from ecs_workloads.local._build import Build
from ecs_workloads.local._docker import answer
from ecs_workloads.local._image import Image
from ecs_workloads.local._image_store import ImageStore
from ecs_workloads.local._sandbox import Sandbox


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "names")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


def build(context: Path, dockerfile: str, **arguments: str) -> Image:
    (context / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    return Build(context=context, dockerfile=context / "Dockerfile", arguments=arguments).run()


def run(image: Image, *command: str) -> str:
    """Run a command in an image and return what it wrote."""
    with tempfile.TemporaryDirectory() as staging:
        sandbox = Sandbox(
            staging=staging,
            image=image.folder,
            interpreter=str(_namespaces.interpreter_folder()),
            command=command,
            environment=image.environment,
            working_directory=image.working_directory,
            read_only=True,
        )
        done = subprocess.run(
            _namespaces.sandbox_command(), input=sandbox.to_json(), capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_arguments_and_variables_are_filled_in(context: Path) -> None:
    image = build(
        context, 'FROM python\nARG COLOUR=red\nARG SIZE\nENV A=${COLOUR} B="$SIZE big" C=${NONE:-none}\n', SIZE="very"
    )

    assert {name: image.environment[name] for name in "ABC"} == {"A": "red", "B": "very big", "C": "none"}


def test_files_are_copied_to_where_the_dockerfile_says(context: Path) -> None:
    (context / "code").mkdir()
    (context / "code" / "a.txt").write_text("a", encoding="utf-8")
    (context / "b.txt").write_text("b", encoding="utf-8")
    image = build(context, "FROM python\nWORKDIR /srv\nCOPY code ./code/\nCOPY b.txt /etc/shop/\n")

    assert run(image, "cat", "code/a.txt", "/etc/shop/b.txt") == "ab"


def test_a_virtual_environment_of_one_stage_runs_in_the_next(context: Path) -> None:
    image = build(
        context,
        "FROM python AS build\nRUN python3 -m venv --without-pip /opt/shop\n"
        "FROM python\nCOPY --from=build /opt/shop /opt/shop\nENV PATH=/opt/shop/bin:${PATH}\n",
    )

    assert run(image, "python", "-c", "import sys; print(sys.prefix)") == "/opt/shop"


def test_pip_is_made_for_who_runs_it_and_for_nobody_else(context: Path) -> None:
    image = build(context, "FROM python AS base\nFROM base\nRUN pip --version\n")

    assert run(image, "pip", "--version").startswith("pip ")
    assert not list(Path(build(context, "FROM python\n").folder).rglob("pip"))


def test_what_cannot_be_run_is_left_out_with_a_warning(context: Path) -> None:
    image = build(context, "FROM python\nRUN apt-get update && apt-get install -y curl\n")

    assert image.warnings == (
        "left out: RUN apt-get update: only pip and venv run here",
        "left out: RUN apt-get install -y curl: only pip and venv run here",
    )


def test_a_build_of_the_same_things_comes_from_the_cache(context: Path) -> None:
    first = build(context, "FROM python\nCMD python\n")
    (Path(first.folder) / "mark").touch()

    assert (Path(build(context, "FROM python\nCMD python\n").folder) / "mark").exists()
    assert not (Path(build(context, "FROM python\nCMD python3\n").folder) / "mark").exists()


def test_an_entry_point_takes_away_the_command_of_its_base(context: Path) -> None:
    image = build(context, 'FROM python AS base\nCMD ["a"]\nFROM base\nENTRYPOINT ["b", "c"]\n')

    assert (image.entry_point, image.command) == (("b", "c"), ())


def test_a_missing_file_names_the_step(context: Path) -> None:
    with pytest.raises(LocalError, match=r"COPY nothing /srv/: .* holds no nothing"):
        build(context, "FROM python\nCOPY nothing /srv/\n")


def test_a_step_that_fails_names_itself_and_its_last_words(context: Path) -> None:
    with pytest.raises(LocalError, match=r"RUN pip install --no-index nothing failed with exit code 1: .*nothing"):
        build(context, "FROM python\nRUN pip install --no-index nothing\n")


def test_docker_builds_tags_and_inspects(store: ImageStore, context: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (context / "Dockerfile").write_text("FROM python\nARG A\nENV A=${A}\n", encoding="utf-8")

    assert answer(store, ["inspect", "shop"]) == 1
    assert answer(store, ["build", "--tag", "shop", "--build-arg", "A=1", "--platform=linux/amd64", str(context)]) == 0
    assert answer(store, ["tag", "shop", "shop:2"]) == 0
    capsys.readouterr()
    assert answer(store, ["inspect", "shop:2"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["RepoTags"] == ["shop:2"]
    assert answer(store, ["images"]) == 0
    assert capsys.readouterr().out.splitlines() == ["shop", "shop:2"]
    found = store.find("shop:2")
    assert found is not None
    assert found.environment["A"] == "1"


def test_docker_takes_a_password_and_a_leading_configuration(
    store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("password"))

    assert answer(store, ["--config", "/tmp", "login", "--username", "AWS", "--password-stdin", "registry"]) == 0


@pytest.mark.parametrize("arguments", [["run", "shop"], ["compose", "up"], []])
def test_docker_refuses_other_verbs_by_name(store: ImageStore, arguments: list[str]) -> None:
    with pytest.raises(LocalError, match=f"it cannot do docker {arguments[0] if arguments else 'nothing'}"):
        answer(store, arguments)


def test_docker_refuses_flags_that_it_does_not_know(store: ImageStore) -> None:
    with pytest.raises(LocalError, match="cannot do docker build --secret"):
        answer(store, ["build", "--secret", "id=x", "."])
