"""One mutant for each rule of the library: the library without that rule."""

from __future__ import annotations

import ast
import copy
import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.mutation.source import PACKAGE, replaced

_SHARED = re.compile(r"_?(check|claim)_")
_Edit = tuple[int, list[ast.AST]]


@dataclass(frozen=True)
class Lines:
    """Lines of a module, from the first to the last."""

    module: str
    first: int
    last: int

    @staticmethod
    def of(module: str, node: ast.AST) -> Lines:
        """Return the lines on which a statement or an expression stands."""
        if not isinstance(node, ast.stmt | ast.expr) or node.end_lineno is None:
            raise TypeError(f"{module}: {ast.dump(node)} has no lines")
        return Lines(module, node.lineno, node.end_lineno)


@dataclass(frozen=True)
class Weaker:
    """A change that drops a rule: its name, what runs through it, changed copies of shared checks, and new nodes."""

    what: str
    through: list[Lines]
    copies: list[tuple[str, ast.FunctionDef]]
    by: list[ast.AST]


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """The library with one change.

    Args:
        name: Where it is and what it drops, without a line number, so that it survives other changes.
        place: The function that it changes, with its module and class.
        trees: The changed modules, by short name.
        through: What a call runs through that could notice the change: the changed lines, and the calls that lead to
            them.
    """

    name: str
    place: str
    trees: Mapping[str, ast.Module]
    through: Sequence[Lines] = ()


def numbered(mutants: Sequence[Mutant]) -> list[Mutant]:
    """Return the mutants with a number behind a name that an earlier one has already."""
    seen = Counter[str]()
    told: list[Mutant] = []
    for one in mutants:
        seen[one.name] += 1
        told.append(one if seen[one.name] == 1 else dataclasses.replace(one, name=f"{one.name} ({seen[one.name]})"))
    return told


class Checks:
    """All rules in a set of modules.

    A check that several constructs share is a rule of each of them. So a mutant never changes the shared function:
    it gives one caller a changed copy of it.
    """

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self._trees = trees

    @cached_property
    def mutants(self) -> list[Mutant]:
        """One mutant for each rule."""
        found = [mutant for module in self._trees for mutant in self._of_module(module)]
        return numbered([one for one in found if not self._is_shared(one.place)])

    @cached_property
    def _shared(self) -> dict[str, tuple[str, ast.FunctionDef]]:
        return {
            node.name: (module, node)
            for module, tree in self._trees.items()
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and _SHARED.match(node.name)
        }

    def _is_shared(self, place: str) -> bool:
        return place.rpartition(".")[2] in self._shared or place == "_checks.require"

    def _of_module(self, module: str) -> Iterator[Mutant]:
        tree = self._trees[module]
        where = places(tree)
        for number, node in enumerate(ast.walk(tree)):
            for one in self._all_weaker(module, node):
                trees = {module: replaced(tree, number, one.by)}
                for other, function in one.copies:
                    base = trees.get(other, self._trees[other])
                    trees[other] = ast.fix_missing_locations(ast.Module([*base.body, function], []))
                place = f"{module}{where[node]}"
                yield Mutant(name=f"{place}: {one.what}", place=place, trees=trees, through=one.through)

    def _all_weaker(self, module: str, node: ast.AST) -> Iterator[Weaker]:
        for what, by in _weaker(node):
            yield Weaker(what, [Lines.of(module, node)], [], by)
        yield from self._weaker_copies(module, node)

    def _weaker_copies(self, caller: str, node: ast.AST) -> Iterator[Weaker]:
        """Yield calls of changed copies in place of a call of a shared check."""
        match node:
            case (
                ast.Expr(value=ast.Call(func=ast.Name(id=name)) as call)
                | ast.Assign(value=ast.Call(func=ast.Name(id=name)) as call)
            ) if name in self._shared:
                module, function = self._shared[name]
            case _:
                return
        copied = f"{name}_of_one"
        renamed = ast.Call(ast.Name(copied, ast.Load()), call.args, call.keywords)
        instead: list[ast.AST] = [
            ast.ImportFrom(f"{PACKAGE}.{module}", [ast.alias(copied)], 0),
            ast.Assign(node.targets, renamed) if isinstance(node, ast.Assign) else ast.Expr(renamed),
        ]
        tree = ast.Module([function], [])
        for number, inner in enumerate(ast.walk(tree)):
            for one in self._all_weaker(module, inner):
                weaker = copy.deepcopy(replaced(tree, number, one.by).body[0])
                if isinstance(weaker, ast.FunctionDef):
                    weaker.name = copied
                    through = [Lines.of(caller, node), *one.through]
                    yield Weaker(f"{_short(call)} > {one.what}", through, [*one.copies, (module, weaker)], instead)


def _weaker(node: ast.AST) -> Iterator[tuple[str, list[ast.AST]]]:
    """Yield what ``node`` becomes without one of the rules that it states itself."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="require"), args=[condition, *rest], keywords=keywords)):
            for dropped, left in _weaker_condition(condition):
                call = None if left is None else ast.Call(ast.Name("require", ast.Load()), [left, *rest], keywords)
                yield f"require({dropped})", [ast.Pass() if call is None else ast.Expr(call)]
        case ast.If(test=ast.BoolOp(op=ast.Or(), values=values), body=[*_, ast.Raise()] as body, orelse=[]):
            for value in values:
                left = _joined(ast.Or(), [one for one in values if one is not value])
                yield f"raise if {ast.unparse(value)}", [ast.If(left, body, [])]
        case ast.If(test=test, body=[*_, ast.Raise()], orelse=[]):
            yield f"raise if {ast.unparse(test)}", [ast.Pass()]
        case ast.Call(func=ast.Name(id="is_token")):
            yield ast.unparse(node), [ast.Constant(value=False)]
        case _:
            pass


def _weaker_condition(condition: ast.expr) -> list[tuple[str, ast.expr | None]]:
    """Return the condition without one of its conjuncts, for each; ``None`` where nothing is left of it."""
    match condition:
        case ast.BoolOp(op=ast.And() as op, values=values):
            return [
                (dropped, _joined(op, [one for one in (left if one is value else one for one in values) if one]))
                for value in values
                for dropped, left in _weaker_condition(value)
            ]
        case ast.BoolOp(op=ast.Or() as op, values=values) if any(_is_and(value) for value in values):
            return [
                (dropped, None if left is None else _joined(op, [left if one is value else one for one in values]))
                for value in values
                if _is_and(value)
                for dropped, left in _weaker_condition(value)
            ]
        case ast.Compare(left=first, ops=ops, comparators=others) if len(ops) > 1:
            operands = [first, *others]
            links: list[ast.expr] = [ast.Compare(operands[i], [op], [operands[i + 1]]) for i, op in enumerate(ops)]
            return [
                (ast.unparse(link), _joined(ast.And(), [one for one in links if one is not link])) for link in links
            ]
        case _:
            return [(ast.unparse(condition), None)]


def _is_and(value: ast.expr) -> bool:
    return isinstance(value, ast.BoolOp) and isinstance(value.op, ast.And)


def _joined(op: ast.boolop, values: list[ast.expr]) -> ast.expr:
    return values[0] if len(values) == 1 else ast.BoolOp(op, values)


def _short(call: ast.Call) -> str:
    """Return a call of a check with what it is about: the name that it checks, or the path."""
    named = [one for one in call.args[1:2] if isinstance(one, ast.Constant)]
    about = (named or call.args)[0]
    if isinstance(call.func, ast.Name):
        return f"{call.func.id}({ast.unparse(about)})"
    return ast.unparse(call)


def places(tree: ast.Module) -> dict[ast.AST, str]:
    """Return the class and function around each node, with a leading dot."""
    found: dict[ast.AST, str] = {}

    def enter(node: ast.AST, place: str) -> None:
        found[node] = place
        for child in ast.iter_child_nodes(node):
            enter(child, f"{place}.{child.name}" if isinstance(child, ast.FunctionDef | ast.ClassDef) else place)

    enter(tree, "")
    return found
