"""How every error reads: snapshots, codes and the built-in classes they derive from."""

from __future__ import annotations

import ast
import inspect
import pickle
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from s2sgrad import errors
from s2sgrad.errors import (
    AliasError,
    ArgumentCountError,
    ArgumentTypeError,
    GradientMismatch,
    Location,
    MissingRule,
    MissingSource,
    MutationError,
    NonScalarOutput,
    S2SGradError,
    UnsupportedCall,
    UnsupportedSyntax,
)

CLASSES = [c for c in vars(errors).values() if inspect.isclass(c) and issubclass(c, S2SGradError)]


def snapshot(text: str) -> str:
    return dedent(text).strip("\n")


def test_points_at_the_construct() -> None:
    at = Location("model.py", 12, 8, 18, "    y = eval(text)")
    error = UnsupportedSyntax("`eval` is not supported", "pass the value in as an argument", at)
    assert str(error) == snapshot("""
        error[S2S201]: `eval` is not supported
          --> model.py:12:9
           |
        12 |     y = eval(text)
           |         ^^^^^^^^^^
           |
           = help: pass the value in as an argument
    """)


def test_gutter_is_as_wide_as_the_line_number() -> None:
    at = Location("model.py", 7, 4, 9, "    async for x in y: pass")
    assert str(UnsupportedSyntax("`async for` is not supported", "use a plain loop", at)) == snapshot("""
        error[S2S201]: `async for` is not supported
         --> model.py:7:5
          |
        7 |     async for x in y: pass
          |     ^^^^^
          |
          = help: use a plain loop
    """)


def test_without_a_place_and_with_a_remedy_of_two_lines() -> None:
    error = ArgumentTypeError("argument `n` of `f` is an int", "pass a float: 3.0\nor name other argnums")
    assert str(error) == snapshot("""
        error[S2S301]: argument `n` of `f` is an int
          = help: pass a float: 3.0
                  or name other argnums
    """)


def test_a_source_that_cannot_be_read_still_says_where() -> None:
    assert str(MissingSource("no source", at=Location("<stdin>", 3))) == snapshot("""
        error[S2S101]: no source
         --> <stdin>:3:1
    """)


def test_carets_stay_under_the_code_after_tabs_and_before_comments() -> None:
    assert Location("m.py", 1, 1, None, "\tx = f(y)  # why").render()[3] == "  | \t^^^^^^^^"


def test_location_of_a_node_counts_characters_not_bytes() -> None:
    source = "π = eval('é') + 1\n"
    call = next(n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call))
    lines = Location.of_node(call, "m.py", [source]).render()
    assert lines[0] == " --> m.py:1:5"
    assert lines[3] == "  |     ^^^^^^^^^"


def test_location_of_a_node_over_several_lines_marks_the_first() -> None:
    lines = ["y = f(\n", "    x)\n"]
    call = next(n for n in ast.walk(ast.parse("".join(lines))) if isinstance(n, ast.Call))
    assert Location.of_node(call, "m.py", lines).render()[3] == "  |     ^^"


@dataclass
class _Stmt:
    text: str
    filename: str
    line: int
    column: int


def test_location_of_a_statement_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("def f(A):\n    A[0] = 1.0\n")
    error = MutationError("no", at=_Stmt("A[0] = 1.0", str(path), 2, 4))
    assert "2 |     A[0] = 1.0\n  |     ^^^^^^^^^^" in str(error)


def test_location_of_a_statement_without_a_file_shows_its_text() -> None:
    error = MutationError("no", at=_Stmt("A[0] = 1.0", "<gone>", 2, 4))
    assert "2 |     A[0] = 1.0\n  |     ^^^^^^^^^^" in str(error)


def test_a_place_is_added_once() -> None:
    error = MissingRule("no rule for `f`")
    error.locate(None)
    error.locate(Location("a.py", 1))
    error.locate(Location("b.py", 2))
    assert error.at == Location("a.py", 1)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_error_is_documented_and_pickles(cls: type[S2SGradError]) -> None:
    assert cls.__doc__
    error = cls("what", "remedy", Location("m.py", 1, 0, 1, "x"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls and str(again) == str(error)


def test_codes_are_unique() -> None:
    codes = [c.code for c in CLASSES]
    assert len(set(codes)) == len(codes)


def test_errors_are_what_python_programmers_catch() -> None:
    assert issubclass(ArgumentTypeError, TypeError)
    assert issubclass(ArgumentCountError, TypeError)
    assert issubclass(NonScalarOutput, TypeError)
    assert issubclass(UnsupportedSyntax, NotImplementedError)
    assert issubclass(MissingRule, UnsupportedCall)
    assert issubclass(AliasError, MutationError)
    assert issubclass(GradientMismatch, AssertionError)
