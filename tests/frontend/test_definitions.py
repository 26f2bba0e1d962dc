"""Functions are found in the text of their file, wherever they stand in it."""

from __future__ import annotations

import ast
import linecache
from types import CodeType, FunctionType
from typing import Any

import pytest

from s2sgrad.frontend import definitions
from s2sgrad.frontend.definitions import find_definition

TEXT = '''\
from __future__ import annotations
import functools

def plain(x: float) -> float:
    """Has lines that are not indented:
def plain(x): ...
    """
    def inner(y: float) -> float:
        return y * x
    return inner(
x
)

@functools.lru_cache(
    maxsize=None,
)
def decorated(x):
    return x + 1

class Model:
    class Layer:
        def __hidden(self, x):
            return self.__scale * x

    def method(self, x):
        return x

two = (lambda x: x + 1), (lambda x: x * 2)

if True:
    def twice(x):
        return x

def last(x):
    return x'''


@pytest.fixture
def module() -> dict[str, Any]:
    filename = "<definitions>"
    linecache.cache[filename] = (len(TEXT), None, TEXT.splitlines(True), filename)
    space: dict[str, Any] = {"__name__": "made"}
    exec(compile(TEXT, filename, "exec", dont_inherit=True), space)
    return space


def found(fn: Any) -> definitions.Definition:
    code: CodeType = fn.__code__
    definition = find_definition(code, linecache.getlines(code.co_filename))
    assert definition is not None
    return definition


def text(fn: Any) -> str:
    return ast.unparse(found(fn).node)


def test_every_function_of_a_file_is_found(module: dict[str, Any]) -> None:
    inner = next(c for c in module["plain"].__code__.co_consts if isinstance(c, CodeType))
    cell = FunctionType(inner, {}, closure=((lambda x: lambda: x)(1.0).__closure__))
    hidden = module["Model"].Layer._Layer__hidden
    assert text(module["plain"]).startswith("def plain(x: float)")
    assert text(cell) == "def inner(y: float) -> float:\n    return y * x"
    assert text(module["decorated"].__wrapped__).startswith("@functools.lru_cache(maxsize=None)\ndef decorated")
    assert text(module["Model"].method) == "def method(self, x):\n    return x"
    assert [text(f) for f in module["two"]] == ["lambda x: x + 1", "lambda x: x * 2"]
    assert text(module["twice"]) == "def twice(x):\n    return x"
    assert text(module["last"]) == "def last(x):\n    return x"
    assert found(hidden).cls == "Layer"
    assert all(found(f).current for f in (module["plain"], cell, hidden, module["two"][1], module["twice"]))


def test_lines_are_those_of_the_file(module: dict[str, Any]) -> None:
    for name in ("plain", "twice", "last"):
        node = found(module[name]).node
        assert isinstance(node, ast.FunctionDef)
        assert TEXT.splitlines()[node.lineno - 1].strip().startswith(f"def {name}")


def test_the_file_is_not_parsed_for_functions_at_its_top(module: dict[str, Any]) -> None:
    definitions._FILES.clear()
    assert found(module["last"]).current
    assert found(module["decorated"].__wrapped__).current
    assert not definitions._FILES
    assert found(module["twice"]).current
    assert len(definitions._FILES) == 1


def test_other_text_is_noticed(module: dict[str, Any]) -> None:
    filename = "<definitions>"
    lines = TEXT.replace("x + 1", "x + 2").splitlines(True)
    linecache.cache[filename] = (len(TEXT), None, lines, filename)
    assert not found(module["decorated"].__wrapped__).current
    assert not found(module["two"][0]).current
    assert found(module["two"][1]).current
    assert find_definition(module["last"].__code__, lines[:20]) is None
