"""Mutants of what a module does: its arguments, its defaults and its constants."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

from tests.mutation.checks import Lines, Mutant, numbered, places
from tests.mutation.source import replaced

# Whether a check is made is the matter of checks.py; its bounds stand in its message.
_CHECKS = re.compile(r"require$|_?(check|claim)_")
_MEMBER = re.compile(r"[A-Z][A-Z0-9_]*$")
_Change = tuple[str, ast.AST, ast.AST]


def changes(module: str, tree: ast.Module) -> list[Mutant]:
    """Return one mutant for each argument, default, truth value and number of a module."""
    numbers = {node: number for number, node in enumerate(ast.walk(tree))}
    return _mutants(module, tree, lambda node, by: {module: replaced(tree, numbers[node], [by])})


def names(module: str, tree: ast.Module) -> list[str]:
    """Return the names of the same mutants, in much less time."""
    return [one.name for one in _mutants(module, tree, lambda _node, _by: {})]


def _mutants(
    module: str, tree: ast.Module, made: Callable[[ast.AST, ast.AST], Mapping[str, ast.Module]]
) -> list[Mutant]:
    where = places(tree)
    runs = dict(_runs(module, tree))
    still = {inner for node in ast.walk(tree) for outer in _untouched(node) for inner in ast.walk(outer)}
    return numbered(
        [
            Mutant(
                name=f"{module}{where[node]}: {what}",
                place=f"{module}{where[node]}",
                trees=made(node, by),
                through=runs.get(node, ()),
            )
            for outer in ast.walk(tree)
            if outer not in still
            for what, node, by in (*_arguments(outer), *_defaults(outer), *_constants(outer))
            if node not in still
        ]
    )


def _runs(module: str, tree: ast.Module) -> Iterator[tuple[ast.AST, list[Lines]]]:
    """Yield each part of a function with the lines that run where it counts: its statement, or for defaults all."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        whole = [Lines.of(module, one) for one in function.body]
        everything = [Lines(module, whole[0].first, whole[-1].last)]
        yield from ((part, everything) for part in ast.walk(function.args))
        # From outer statements to inner ones, so that the last that is told of a node is the narrowest.
        for statement in (one for outer in function.body for one in ast.walk(outer) if isinstance(one, ast.stmt)):
            yield from ((part, [Lines.of(module, statement)]) for part in ast.walk(statement))


def _untouched(node: ast.AST) -> list[ast.expr]:
    """Return what is no behaviour: decorators, annotations, indices, and what a message says."""
    match node:
        case ast.ClassDef(decorator_list=decorators):
            return decorators
        case ast.FunctionDef(decorator_list=decorators, returns=returns):
            return [*decorators, *([returns] if returns else [])]
        case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
            return [annotation]
        case ast.Subscript(slice=index):
            return [index]
        case ast.FormattedValue(format_spec=ast.expr() as form):
            return [form]
        case _:
            return []


def _arguments(node: ast.AST) -> Iterator[_Change]:
    if not isinstance(node, ast.Call) or _CHECKS.match(_name(node.func)):
        return
    for keyword in node.keywords:
        if keyword.arg is not None:
            left = [one for one in node.keywords if one is not keyword]
            yield f"{_name(node.func)} without {keyword.arg}", node, ast.Call(node.func, node.args, left)


def _defaults(node: ast.AST) -> Iterator[_Change]:
    if isinstance(node, ast.arguments):
        for index, (argument, default) in enumerate(zip(node.kwonlyargs, node.kw_defaults, strict=True)):
            if default is not None:
                kept = [None if i == index else one for i, one in enumerate(node.kw_defaults)]
                bare = ast.arguments(
                    node.posonlyargs, node.args, node.vararg, node.kwonlyargs, kept, node.kwarg, node.defaults
                )
                yield f"{argument.arg} without a default", node, bare
                yield from _other(argument.arg, default)
    elif isinstance(node, ast.ClassDef):
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.value is not None:
                bare_field = ast.AnnAssign(field.target, field.annotation, None, field.simple)
                yield f"{field.target.id} without a default", field, bare_field
                yield from _other(field.target.id, field.value)


def _other(name: str, default: ast.expr) -> Iterator[_Change]:
    """Yield another default; truth values and numbers are changed wherever they stand."""
    match default:
        case ast.Constant(value=str() as text):
            yield f"{name} defaults to another text", default, ast.Constant(f"{text}x")
        case ast.Attribute(value=kind, attr=member) if _MEMBER.match(member):
            other = f"next(one for one in {ast.unparse(kind)} if one is not {ast.unparse(default)})"
            yield f"{name} defaults to another {ast.unparse(kind)}", default, ast.parse(other, mode="eval").body
        case _:
            pass


def _constants(node: ast.AST) -> Iterator[_Change]:
    for around, inner in _children(node):
        match inner:
            case ast.Constant(value=bool() as truth):
                yield f"{around} turned from {truth}", inner, ast.Constant(not truth)
            case ast.Constant(value=int() | float() as number):
                yield f"{around} one more than {number}", inner, ast.Constant(number + 1)
            case _:
                pass


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield the parts of ``node``, each with what a reader would call it."""
    match node:
        case ast.arguments():
            yield from (
                (one.arg, default) for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True) if default
            )
        case ast.keyword(arg=str() as name, value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.expr() | ast.stmt():
            around = ast.unparse(node).splitlines()[0][:60]
            yield from ((around, child) for child in ast.iter_child_nodes(node))
        case _:
            pass


def _name(function: ast.expr) -> str:
    return ast.unparse(function).splitlines()[0][:60]
