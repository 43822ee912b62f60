"""``ecs-workloads local``: a CDK app deployed on this machine."""

from __future__ import annotations

import json
import os
import sys
import time
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from ecs_workloads.local import LocalError
from ecs_workloads.local._client import Answer, the_one, unsteady

if TYPE_CHECKING:
    from ecs_workloads.local.local_target import LocalTarget

local = typer.Typer(no_args_is_help=True, help="Deploy a CDK app on this machine: no AWS account, no Docker.")

_NOT_PROVEN = (
    "This does not prove that AWS would accept or run it: IAM, security groups, quotas, scaling, alarms, WAF filters, "
    "CPU and memory limits are not in force, and the Python is that of this machine."
)
_PACE = 0.3

_Json = Annotated[bool, typer.Option("--json", help="Write JSON.")]
_Project = Annotated[Path, typer.Option("--project", help="Folder of the project.")]
_HERE = Path()


@contextmanager
def _one_line() -> Generator[None]:
    """Turn a failure into one line and exit code 1."""
    try:
        yield
    except (LocalError, OSError) as error:  # a full disk is one of the latter
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(code=1) from error


@local.command()
def up(
    *,
    project: _Project = _HERE,
    app: Annotated[
        str | None,
        typer.Option("--app", "-a", help="Command of the app, or a cloud assembly; cdk.json says by default."),
    ] = None,
    context: Annotated[list[str] | None, typer.Option("--context", "-c", help="NAME=VALUE for the app.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the API on 127.0.0.1; 0 for a free one.")] = 0,
    region: Annotated[str | None, typer.Option(help="AWS region of stacks that name none.")] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="How tasks run: namespaces, loopback or simulated; the best that this machine can do."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Start the target, deploy the app, and wait until every service is steady."""
    console = Console(stderr=as_json)
    chosen = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    with _one_line(), console.status("Working"):
        target = _target(project)
        services = target.up(
            app=app,
            contexts=context or [],
            port=port,
            region=chosen,
            mode=mode,
            report=lambda line: console.print(line, highlight=False, soft_wrap=True),
        )
        label = target.mode.label
    if as_json:
        typer.echo(json.dumps({"mode": target.mode, "label": label, "services": services}))
        return
    _print_services(console, services)
    console.print(f"{_NOT_PROVEN} {label}".strip(), style="dim")


@local.command()
def down(*, project: _Project = _HERE, as_json: _Json = False) -> None:
    """Stop the target and remove all that it left."""
    with _one_line():
        removed = _target(project).down()
    typer.echo(json.dumps({"removed": removed}) if as_json else "Removed." if removed else "Nothing runs here.")


@local.command()
def status(*, project: _Project = _HERE, as_json: _Json = False) -> None:
    """Show the services, their tasks and addresses; exit with 1 unless all are steady."""
    with _one_line():
        target = _target(project)
        services, mode = target.client().services(), target.mode
    if as_json:
        typer.echo(json.dumps({"mode": mode, "label": mode.label, "services": services}))
    else:
        _print_services(Console(), services)
        typer.echo(mode.label, nl=bool(mode.label))
    if unsteady(services, mode):
        raise typer.Exit(code=1)


@local.command()
def logs(
    service: Annotated[str, typer.Argument(help="Name of a service or a part of it, or family:NAME of one-off tasks.")],
    *,
    project: _Project = _HERE,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    as_json: _Json = False,
) -> None:
    """Show what the tasks of a service wrote."""
    with _one_line():
        client = _target(project).client()
        group = service if service.startswith("family:") else f"service:{client.service(service)['name']}"
        number = 0
        while True:
            for line in client.logs(group, after=number):
                number = int(line["number"])
                typer.echo(json.dumps(line) if as_json else f"{line['task'][:8]} {line['container']}: {line['line']}")
            if not follow:
                return
            sys.stdout.flush()
            time.sleep(_PACE)


@local.command("run-task")
def run_task(
    job: Annotated[str, typer.Argument(help="Family of a task definition, or a part of it.")],
    *,
    project: _Project = _HERE,
    as_json: _Json = False,
) -> None:
    """Run a task once, show what it writes, and exit with the exit code of its last failed container."""
    with _one_line():
        target = _target(project)
        client = target.client()
        if target.mode == "simulated":
            raise LocalError(f"no task runs in simulated mode; {job} was not run")
        task_id, number = client.run_task(the_one(job, client.families(), "task definition")), 0
        while True:
            task = client.task(task_id)
            for line in client.logs(str(task["group"]), after=number):
                number = int(line["number"])
                if line["task"] == task_id and not as_json:
                    typer.echo(line["line"])
            if task["status"] == "STOPPED":
                break
            time.sleep(_PACE)
    if as_json:
        typer.echo(json.dumps(task))
    else:
        typer.echo(task["reason"], err=True)
    codes = [1 if code is None else int(code) for code in task["exitCodes"].values()]
    raise typer.Exit(code=max(codes))


@local.command("open")
def open_(*, project: _Project = _HERE, as_json: _Json = False) -> None:
    """Open the first load balancer in the browser."""
    with _one_line():
        entries = _target(project).client().entries()
        if not entries:
            raise LocalError("no load balancer is deployed")
        typer.echo(json.dumps(entries[0]) if as_json else entries[0]["address"])
        webbrowser.open(str(entries[0]["address"]))


def _target(project: Path) -> LocalTarget:
    """Return the local target of a project; what it needs is installed with the extra ``[local]`` alone."""
    try:
        from ecs_workloads.local.local_target import LocalTarget  # noqa: PLC0415 - the other commands do without
    except ModuleNotFoundError as error:
        raise LocalError(f"{error.name} is not installed; say pip install 'ecs-workloads[cli,local]'") from error
    return LocalTarget(project=project.resolve())


def _print_services(console: Console, services: list[Answer]) -> None:
    table = Table()
    table.add_column("service", overflow="fold")
    for heading in ("desired", "running", "healthy"):
        table.add_column(heading, justify="right")
    table.add_column("address", no_wrap=True)
    for each in services:
        healthy = "simulated" if each["healthy"] is None else str(each["healthy"])
        counts = (str(each["desired"]), str(each["running"]), healthy)
        table.add_row(str(each["name"]), *counts, "\n".join(each["addresses"]))
    console.print(table)
    running = [each for each in services if each["healthy"] is not None]
    first = next((address for each in running for address in each["addresses"] if address.startswith("http")), None)
    if first:
        console.print(f"Open {first}", highlight=False, soft_wrap=True)
