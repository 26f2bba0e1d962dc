"""Imports run in one direction, at the top of a file; files stay small enough to read at a sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import s2sgrad

PACKAGE = Path(s2sgrad.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# Each layer may import from itself and from those above it in this list.
LAYERS = [
    ["errors", "stages", "version"],
    ["ir"],
    ["labels"],
    ["sources", "signatures", "cache", "wrappers", "deep_stack"],
    ["entry"],
    ["dispatch"],
    ["persistence"],
    ["rules"],
    ["frontend"],
    ["optimize"],
    ["transforms"],
    ["emit"],
    ["backends"],
    ["argnums", "callees"],
    ["arguments", "basis_loop"],
    ["wanted", "directions"],
    ["jacobians", "curves", "either_mode"],
    ["derivation", "interface"],
    ["inside", "export"],
    ["callbacks", "checkpointing", "controls", "custom", "implicit"],
    ["custom_leaves"],
    ["custom_calls"],
    ["control_calls", "implicit_calls"],
    ["pipeline"],
    ["boundary"],
    ["derivative"],
    ["replay"],
    ["nans"],
    ["along", "later"],
    ["api"],
    ["operators", "sparse"],
    ["testing", "targets"],
    ["pytest_plugin"],
    ["cli"],
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, ast.stmt, bool]]:
    """The modules a file imports, and whether inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nested = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node, id(node) in nested
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{a.name}" for a in node.names] if node.module == "s2sgrad" else [node.module]
            for name in names:
                yield name, node, id(node) in nested


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports(path: Path) -> None:
    layer = layer_of(path)
    for name, node, nested in imports(path):
        where = f"{path.relative_to(PACKAGE)}:{node.lineno}"
        assert not nested, f"{where} imports {name} inside a function"
        root, _, rest = name.partition(".")
        if root != "s2sgrad" or layer in ("__init__", "__main__"):
            continue
        imported = rest.partition(".")[0]
        assert RANK[imported] <= RANK[layer], f"{where}: {layer} imports {imported}, which stands above it"


def test_only_the_command_line_needs_its_extra() -> None:
    for path in FILES:
        if layer_of(path) not in ("cli", "__main__"):
            for name, node, _ in imports(path):
                assert name.partition(".")[0] not in ("typer", "rich"), f"{path}:{node.lineno}"


def test_only_its_rules_and_sparse_derivatives_need_scipy() -> None:
    for path in FILES:
        if PACKAGE / "rules" / "scipy" not in path.parents and PACKAGE / "sparse" not in path.parents:
            for name, node, _ in imports(path):
                assert name.partition(".")[0] != "scipy", f"{path}:{node.lineno}"
                assert not name.startswith("s2sgrad.rules.scipy"), f"{path}:{node.lineno}"


def test_no_module_is_a_drawer() -> None:
    names = {path.stem for path in FILES}
    assert not names & {"utils", "util", "helpers", "misc", "common"}
