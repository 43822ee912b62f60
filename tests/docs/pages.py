"""What stands in the pages of the docs: programs, templates, and tables of arguments."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import ecs_workloads

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_REQUIRED = inspect.Parameter.empty

_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_TEMPLATE = re.compile(
    r"^<!-- template: (?P<variable>\w+)(?: of (?P<kind>[\w:]+))? -->\n```yaml\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"^<!-- file: (?P<name>[\w.]+) -->\n```python\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_ARGUMENTS = re.compile(r"^<!-- arguments: (?P<name>[\w.]+) -->\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)
_ERROR = re.compile(r"\w+Error: ")


@dataclass(frozen=True)
class TemplateBlock:
    """What a page says of the resources that one variable of the program before it made."""

    variable: str
    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Program:
    """A block of Python, what it raises if its page says so, and the templates that follow it."""

    page: Path
    line: int
    code: str
    error: str | None
    templates: tuple[TemplateBlock, ...]

    @property
    def name(self) -> str:
        """Page and line, as an editor finds them."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def run(self) -> dict[str, Any]:
        """Run the program in a namespace of its own, and return that."""
        namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(self.code, self.name, "exec"), namespace)  # noqa: S102 - the programs of our own docs
        return namespace

    @property
    def last_lines(self) -> range:
        """The lines of the last statement, within the program."""
        last = ast.parse(self.code).body[-1]
        return range(last.lineno, (last.end_lineno or last.lineno) + 1)


@dataclass(frozen=True)
class Table:
    """The arguments of a class or a method, as a page has them: name, default and what is allowed."""

    page: Path
    name: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """The arguments as the code has them; who makes a construct knows its first two."""
        names = self.name.split(".")
        kind: type = getattr(ecs_workloads, names[0])
        of_class = len(names) == 1
        target = getattr(kind, "__init__" if of_class else names[1])
        found = list(inspect.signature(target).parameters.values())
        if [one.name for one in found[1:3]] == ["scope", "construct_id"] and of_class:
            return found[3:]
        return found[1:] if found[0].name == "self" else found


def programs() -> list[Program]:
    """Return every program of the docs."""
    return [program for page in PAGES for program in programs_of(page)]


def files(page: Path) -> dict[str, str]:
    """Return the files that a page shows, by their names; each is a part of something, and no program of its own."""
    return {match["name"]: match["text"] for match in _FILE.finditer(page.read_text(encoding="utf-8"))}


def languages(page: Path) -> set[str]:
    """Return the languages of a page's blocks."""
    return set(re.findall(r"^```(\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE))


def errors(page: Path) -> list[str]:
    """Return every error that a page shows, each in one line."""
    shown = [
        fence["text"] for fence in _FENCE.finditer(page.read_text(encoding="utf-8")) if fence["language"] == "text"
    ]
    return [one for text in shown for one in _one_by_one(text) if _ERROR.match(one)]


def _one_by_one(text: str) -> list[str]:
    return [" ".join(one.split()) for one in re.split(r"^(?=\w+Error: )", text, flags=re.MULTILINE)]


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}


def tables() -> list[Table]:
    """Return every table of arguments of the docs."""
    return [
        Table(page, match["name"], tuple(_cells(row) for row in match["rows"].splitlines()[2:]))
        for page in PAGES
        for match in _ARGUMENTS.finditer(page.read_text(encoding="utf-8"))
    ]


def is_said(default: object, cell: str) -> bool:
    """Tell whether a cell of a table says the default that the code has."""
    if default is _REQUIRED:
        return cell == "required"
    if isinstance(default, bool):
        return cell.startswith("yes" if default else "no")
    if isinstance(default, timedelta):
        return any(re.search(rf"\b{words}\b", cell) for words in _in_words(default))
    if isinstance(default, int | float):
        return re.search(rf"(?<!\d){default}(?!\d)", cell.replace(" ", "")) is not None
    if isinstance(default, str):
        return f"`{default}`" in cell
    return cell not in ("", "required")


def programs_of(page: Path) -> Iterator[Program]:
    text = page.read_text(encoding="utf-8")
    fences = [fence for fence in _FENCE.finditer(text) if fence["text"] not in files(page).values()]
    starts = [fence.start() for fence in fences if fence["language"] == "python"]
    for index, fence in enumerate(fences):
        if fence["language"] != "python":
            continue
        following = fences[index + 1] if index + 1 < len(fences) else None
        error = None
        if (
            following is not None
            and following["language"] == "text"
            and not text[fence.end() : following.start()].strip()
        ):
            error = following["text"] if _ERROR.match(following["text"]) else None
        end = min((start for start in starts if start > fence.start()), default=len(text))
        templates = tuple(
            TemplateBlock(match["variable"], match["kind"] or "", match["text"], match.start("text"), match.end("text"))
            for match in _TEMPLATE.finditer(text, fence.end(), end)
        )
        yield Program(page, text.count("\n", 0, fence.start()) + 2, fence["text"], error, templates)


def _cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip()[1:-1]))


def _in_words(time: timedelta) -> list[str]:
    seconds = int(time.total_seconds())
    units = {"day": 86_400, "hour": 3600, "minute": 60, "second": 1}
    return [
        f"{seconds // size} {unit}{'' if seconds == size else 's'}"
        for unit, size in units.items()
        if seconds % size == 0
    ]
