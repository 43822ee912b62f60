"""Commands of ``ecs-workloads``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ecs_workloads.checks import read_assembly, summarize
from ecs_workloads.cli.local import local

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Container tiers on Amazon ECS.")
app.add_typer(local, name="local")


@app.callback()
def main() -> None:
    """Container tiers on Amazon ECS."""


@app.command()
def summary(
    assembly: Annotated[Path, typer.Argument(help="Folder that 'cdk synth' wrote.")] = Path("cdk.out"),
) -> None:
    """Show what a cloud assembly holds, one line for each environment."""
    try:
        stacks = read_assembly(assembly)
    except FileNotFoundError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(code=1) from error
    table = Table("environment", title=None)
    for heading in ("stacks", "resources", "services"):
        table.add_column(heading, justify="right")
    table.add_column("largest template", overflow="fold")
    table.add_column("% of limits", justify="right")
    for row in summarize(stacks):
        table.add_row(
            row.environment,
            str(row.stacks),
            str(row.resources),
            str(row.services),
            row.largest_stack.removeprefix(f"{row.environment}-"),
            f"{row.percent_of_limits:.0f}",
        )
    console = Console()
    console.print(table)
    console.print(f"Assembly: {assembly.resolve()}", soft_wrap=True, highlight=False)
