"""Where a function is defined: its node in the syntax tree of its file, and whether its code was compiled from that.

A function at the top of a file is read from its own lines: from where its code says that it starts to the next line
that begins something else. Compiling these lines has to give its code again, so a wrong guess is found out. All others
are looked up in the tree of the whole file, which is parsed once: by their first line and name, lambdas by the exact
position that their code records, so that several on one line are told apart.
"""

from __future__ import annotations
import __future__

import ast
import textwrap
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import CodeType
from typing import Any

FunctionNode = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Definition:
    """``cls``: the innermost class around it, or ``""``. ``current``: compiling the file would give the same code."""

    node: FunctionNode
    cls: str
    current: bool


def find_definition(code: CodeType, lines: Sequence[str]) -> Definition | None:
    """Where these lines, of the file that ``code`` says it is from, define it; None if they do not."""
    return _by_its_lines(code, lines) or _in_the_file(code, lines)


# -- by its own lines --------------------------------------------------------------------------------------

_FUTURE = reduce(or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names))
_GOES_ON = (" ", "\t", "\f", "\r", "\n", "#", ")", "]", "}")


def _by_its_lines(code: CodeType, lines: Sequence[str]) -> Definition | None:
    """A function that a ``def`` at the beginning of a line defines, if what follows it is what it was compiled from."""
    start = code.co_firstlineno - 1
    if start >= len(lines) or not lines[start].startswith(("def ", "@")) or _is_rewritten(code):
        return None
    end = _last_line(code)
    while end < len(lines) and lines[end].startswith(_GOES_ON):
        end += 1
    text = "\n" * start + "".join(lines[start:end])
    try:
        tree = ast.parse(text, code.co_filename)
        module = compile(text, code.co_filename, "exec", code.co_flags & _FUTURE, dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef) or tree.body[0].name != code.co_name:
        return None
    found = [c for c in module.co_consts if isinstance(c, CodeType) and c.co_name == code.co_name]
    return Definition(tree.body[0], "", True) if any(_same_code(code, c) for c in found) else None


def _last_line(code: CodeType) -> int:
    own = (line for _, _, line in code.co_lines() if line is not None)
    return max(*own, code.co_firstlineno, *(_last_line(c) for c in code.co_consts if isinstance(c, CodeType)))


# -- in the tree of its file -------------------------------------------------------------------------------

_FILES: dict[tuple[str, int], ast.Module] = {}
_CODES: dict[tuple[str, int], dict[tuple[str, int], list[CodeType]]] = {}


def _in_the_file(code: CodeType, lines: Sequence[str]) -> Definition | None:
    text = _parseable("".join(lines))
    key = (code.co_filename, hash(text))
    if key not in _FILES:
        try:
            _FILES[key] = ast.parse(text, code.co_filename)
        except SyntaxError:  # it is being edited
            return None
    found = dict(_functions_at(code.co_firstlineno, _FILES[key]))
    node = _match(code, list(found))
    if node is None:
        return None
    if key not in _CODES:
        _CODES[key] = _codes_in(compile(text, code.co_filename, "exec", dont_inherit=True))
    codes = _CODES[key].get((code.co_name, code.co_firstlineno), ())
    return Definition(node, found[node], _is_rewritten(code) or any(_same_code(code, other) for other in codes))


def _functions_at(line: int, tree: ast.Module) -> Iterator[tuple[FunctionNode, str]]:
    """The functions whose first line is this one, and the class around each; those that are inside others last."""
    pending: deque[tuple[Any, str]] = deque([(tree, "")])
    while pending:
        node, cls = pending.popleft()
        if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.AsyncFunctionDef)) and _first_line(node) == line:
            yield node, cls  # type: ignore[misc]
        inner = node.name if isinstance(node, ast.ClassDef) else cls
        for child in ast.iter_child_nodes(node):
            if not hasattr(child, "end_lineno") or _first_line(child) <= line <= (child.end_lineno or line):
                pending.append((child, inner))


def _first_line(node: Any) -> int:
    decorators = getattr(node, "decorator_list", ())
    first: int = min((node.lineno, *(d.lineno for d in decorators)))
    return first


def _match(code: CodeType, nodes: list[FunctionNode]) -> FunctionNode | None:
    if code.co_name != "<lambda>":
        named = [n for n in nodes if getattr(n, "name", None) == code.co_name]
        return named[-1] if named else None
    lambdas = [n for n in nodes if isinstance(n, ast.Lambda)]
    if len(lambdas) <= 1:
        return lambdas[0] if lambdas else None
    positions = set(code.co_positions())
    for node in lambdas:
        body = node.body
        if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in positions:
            return node
    return None


def _codes_in(module: CodeType) -> dict[tuple[str, int], list[CodeType]]:
    """All code objects of a module, by name and first line."""
    index: dict[tuple[str, int], list[CodeType]] = {}
    pending = [module]
    while pending:
        found = pending.pop()
        index.setdefault((found.co_name, found.co_firstlineno), []).append(found)
        pending += [c for c in found.co_consts if isinstance(c, CodeType)]
    return index


def _is_rewritten(code: CodeType) -> bool:
    """Whether a test runner has added to its assertions, so that compiling its text gives other code."""
    return any(name.startswith("@") for name in (*code.co_names, *code.co_varnames))


def _same_code(a: CodeType, b: CodeType) -> bool:
    def constants(code: CodeType) -> list[str]:
        return [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]

    return a.co_code == b.co_code and a.co_names == b.co_names and constants(a) == constants(b)


def _parseable(text: str) -> str:
    """A snippet of an interactive session may be indented as a whole: its lines keep their numbers."""
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return textwrap.dedent(text) if first[:1].isspace() else text
