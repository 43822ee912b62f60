"""The modules of the library, and a way to import them changed without touching a file."""

from __future__ import annotations

import ast
import copy
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

PACKAGE = "ecs_workloads"
ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "constructs" / PACKAGE
UNIT = ROOT / "tests" / "unit"
RESULTS = ROOT / ".mutation"
# What may hold on to a class of the library; the engine itself stays.
_FORGET, _KEEP = (PACKAGE, "tests", "conftest"), "tests.mutation"


def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of each module of constructs and values, by its name inside the library."""
    return {
        name: tree(name) for name in sorted(map(name_of, SOURCE.glob("*.py")), key=_public_first) if name != "__init__"
    }


def modules_of_packages() -> dict[str, ast.Module]:
    """Return the syntax tree of each module that stands in a package, such as ``testing.finding``."""
    names = sorted(map(name_of, SOURCE.glob("*/**/*.py")), key=_public_first)
    return {name: tree(name) for name in names if not name.endswith("__init__")}


def _public_first(name: str) -> tuple[bool, str]:
    return name.startswith("_"), name


def name_of(file: Path) -> str:
    """Return the name of a module inside the library."""
    return ".".join(file.relative_to(SOURCE).with_suffix("").parts)


def path_of(module: str) -> Path:
    """Return the file of a module."""
    return SOURCE.joinpath(*module.split(".")).with_suffix(".py")


def tree(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path_of(module).read_text(encoding="utf-8"))


def mirror_tests(module: str) -> Path | None:
    """Return the test file that mirrors ``module``, if there is one."""
    *packages, name = module.split(".")
    path = UNIT.joinpath(*packages, f"test_{name.removeprefix('_')}.py")
    return path if path.exists() else None


def replaced(tree: ast.Module, number: int, by: Sequence[ast.AST]) -> ast.Module:
    """Return a copy in which the node of that number, in the order of ``ast.walk``, is another or several."""
    changed = copy.deepcopy(tree)
    target = list(ast.walk(changed))[number]
    _Replace(target, by).visit(changed)
    return ast.fix_missing_locations(changed)


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, by: Sequence[ast.AST]) -> None:
        self._target, self._by = target, by

    def visit(self, node: ast.AST) -> ast.AST | list[ast.AST] | None:
        if node is not self._target:
            changed: ast.AST = self.generic_visit(node)
            return changed
        if len(self._by) == 1:
            return self._by[0]
        return list(self._by) or None


@contextmanager
def changed(trees: Mapping[str, ast.Module]) -> Generator[None]:
    """Let every import of the library, by a test or by the library, find these modules instead of the files."""
    finder = _Finder(trees)
    _forget()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _forget()


def _forget() -> None:
    for name in list(sys.modules):
        first = name.split(".", 1)[0]
        if first in _FORGET and not name.startswith(_KEEP) and name != "tests":
            del sys.modules[name]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self._trees = trees

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        package, _, module = fullname.partition(".")
        if package != PACKAGE or module not in self._trees:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(path_of(module)))

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__.partition(".")[2]
        code = compile(self._trees[name], str(path_of(name)), "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - this is how a module is made
