"""Every error that a user can cause.

Each says *what* is wrong, *where* (file, line, and a caret under the construct) and what to do about
it, printed as ruff and rustc print theirs::

    error[S2S201]: `eval` is not supported
      --> model.py:12:9
       |
    12 |     y = eval(text)
       |         ^^^^^^^^^^
       |
       = help: pass the value in as an argument

The codes are stable: 1xx finding the source, 2xx the primal's code, 3xx the call of a derivative, 4xx a
derivative that a check found to be wrong, 5xx the installation and the command line, 9xx a fault of
s2sgrad itself. A class also derives from the built-in error that a Python programmer would expect there.
"""

from __future__ import annotations

import linecache
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol


class Statement(Protocol):
    """What :class:`s2sgrad.ir.core.Stmt` offers (this module imports nothing of the package)."""

    @property
    def text(self) -> str: ...
    @property
    def filename(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Location:
    """A range of one source line. Columns count from 0, as in :mod:`ast`; they are printed from 1."""

    filename: str
    line: int
    column: int = 0
    end_column: int | None = None
    source_line: str | None = None

    @classmethod
    def of(cls, stmt: Statement) -> Location:
        """The place of a primal statement: all of its first line."""
        source = linecache.getline(stmt.filename, stmt.line).rstrip()
        if not source:
            source = " " * stmt.column + stmt.text.partition("\n")[0]
        return cls(stmt.filename, stmt.line, stmt.column, None, source)

    @classmethod
    def of_node(cls, node: Any, filename: str, lines: Sequence[str] | None = None) -> Location:
        """The place of a syntax node (of :mod:`ast` or :mod:`gast`) whose line numbers are the file's own.

        ``lines``: the lines of the file; those that :mod:`linecache` knows by default.
        """
        lines = linecache.getlines(filename) if lines is None else lines
        source = lines[node.lineno - 1].rstrip() if 0 < node.lineno <= len(lines) else None
        one_line = getattr(node, "end_lineno", node.lineno) == node.lineno
        end = getattr(node, "end_col_offset", None) if one_line else None
        column = node.col_offset
        if source is not None:  # ast counts columns in bytes of UTF-8
            column = _characters(source, column)
            end = end if end is None else _characters(source, end)
        return cls(filename, node.lineno, column, end, source)

    @property
    def display_name(self) -> str:
        """The file's name, relative to the working directory where it lies below that."""
        if os.path.isabs(self.filename):
            below = os.path.relpath(self.filename)
            if not below.startswith(os.pardir):
                return below
        return self.filename

    def render(self) -> list[str]:
        """The lines ``--> file:line:column``, the source line and the carets under it."""
        number = str(self.line)
        gutter = " " * len(number)
        header = f"{gutter}--> {self.display_name}:{self.line}:{self.column + 1}"
        if self.source_line is None:
            return [header]
        code = self.source_line.partition("#")[0].rstrip() if self.end_column is None else self.source_line
        width = max((self.end_column or len(code)) - self.column, 1)
        # A tab is as wide in the caret's line as in the source's.
        indent = "".join("\t" if c == "\t" else " " for c in self.source_line[: self.column])
        bar = f"{gutter} |"
        return [header, bar, f"{number} | {self.source_line}", f"{bar} {indent}{'^' * width}", bar]


def _characters(source: str, offset: int) -> int:
    """The index of the character at a byte offset of a line."""
    return offset if source.isascii() else len(source.encode()[:offset].decode(errors="replace"))


class S2SGradError(Exception):
    """The base of all errors of s2sgrad.

    :param what: what is wrong, in one sentence without a full stop.
    :param remedy: what the user can do about it.
    :param at: where: a :class:`Location`, or the statement of an operation.
    """

    code: ClassVar[str] = "S2S000"

    def __init__(self, what: str, remedy: str | None = None, at: Location | Statement | None = None) -> None:
        location = at if at is None or isinstance(at, Location) else Location.of(at)
        super().__init__(what, remedy, location)  # the arguments that pickle makes it again from
        self.what = what
        self.remedy = remedy
        self.at = location

    def locate(self, at: Location | Statement | None) -> None:
        """Say where, if that is not known already (a caller often knows more than the place that raises)."""
        if self.at is None and at is not None:
            self.at = at if isinstance(at, Location) else Location.of(at)
            self.args = (self.what, self.remedy, self.at)

    def __str__(self) -> str:
        lines = [f"error[{self.code}]: {self.what}"]
        margin = " "
        if self.at is not None:
            lines += self.at.render()
            margin = " " * len(str(self.at.line))
        if self.remedy is not None:
            first, *rest = self.remedy.splitlines()
            lines.append(f"{margin} = help: {first}")
            lines += [f"{margin}         {line}".rstrip() for line in rest]
        return "\n".join(lines)


# -- 1xx: finding the source ---------------------------------------------------------------------


class MissingSource(S2SGradError, TypeError):
    """The function has no Python source that could be read, and no derivative rule."""

    code = "S2S101"


class SourceChanged(S2SGradError):
    """The file was edited after the function was loaded from it: its text is no longer the code that runs."""

    code = "S2S102"


# -- 2xx: the primal's code ----------------------------------------------------------------------


class UnsupportedSyntax(S2SGradError, NotImplementedError):
    """A construct of the language that s2sgrad does not differentiate."""

    code = "S2S201"


class UnsupportedCall(S2SGradError, NotImplementedError):
    """A call that cannot be compiled, for another reason than a missing rule."""

    code = "S2S202"


class MissingRule(UnsupportedCall):
    """An active value enters a function that has neither a derivative rule nor Python source."""

    code = "S2S203"


class NotDifferentiable(S2SGradError, TypeError):
    """A derivative is asked for that does not exist, or through a type that carries none."""

    code = "S2S204"


class MutationError(S2SGradError, NotImplementedError):
    """An in-place update of something that the function may not change, or that cannot be followed."""

    code = "S2S205"


class AliasError(MutationError):
    """An update of an array that may or may not share its memory with another."""

    code = "S2S206"


class TypeMismatch(S2SGradError, TypeError):
    """A variable whose type differs between branches, or from one iteration of a loop to the next."""

    code = "S2S207"


class UndefinedName(S2SGradError, NameError):
    """A name that is not defined, or not on every path that leads to its use."""

    code = "S2S208"


class CustomRuleError(S2SGradError, TypeError):
    """A custom derivative rule that is missing, or does not return what it has to."""

    code = "S2S209"


# -- 3xx: the call of a derivative ---------------------------------------------------------------


class ArgumentTypeError(S2SGradError, TypeError):
    """A derivative with respect to an argument that is not a real number or an array of them."""

    code = "S2S301"


class ArgumentCountError(S2SGradError, TypeError):
    """Too few or too many arguments, or an unknown keyword."""

    code = "S2S302"


class ArgnumsError(S2SGradError, ValueError):
    """``argnums`` names an argument that the function does not have."""

    code = "S2S303"


class NonScalarOutput(S2SGradError, TypeError):
    """The gradient of a function that returns an array or several values."""

    code = "S2S304"


class StructureMismatch(S2SGradError, ValueError):
    """Tangents or cotangents that do not have the structure or the shapes of what they belong to."""

    code = "S2S305"


class UnhashableArgument(S2SGradError, TypeError):
    """An argument by whose value the code is specialised, but which cannot be compared by value."""

    code = "S2S306"


# -- 4xx: checks ---------------------------------------------------------------------------------


class GradientMismatch(S2SGradError, AssertionError):
    """A derivative differs from numerical differentiation.

    :ivar check: the comparison that is furthest off (:class:`s2sgrad.testing.Check`).
    :ivar cause: the probable cause: ``"wrong derivative"``, ``"kink"``, ``"kink nearby"``, ``"jump"``,
        ``"precision"`` or ``"not finite"``.
    :ivar culprit: the operation whose rule disagrees; None where each agrees by itself.
    """

    code = "S2S401"
    check: Any = None
    cause: str | None = None
    culprit: Any = None


class NotConverged(S2SGradError, ArithmeticError):
    """An equation was not solved to its tolerance, so that its solution has no derivative."""

    code = "S2S403"


class NotFinite(S2SGradError, FloatingPointError):
    """A derivative, or the value that it belongs to, is NaN or infinite.

    :ivar primal: the first operation of the primal that makes a NaN or an infinity
        (:class:`s2sgrad.nans.Finding`); None if there is none.
    :ivar derivative: the first one of the derivative.
    """

    code = "S2S402"
    primal: Any = None
    derivative: Any = None


# -- 5xx: the installation and the command line --------------------------------------------------


class MissingExtra(S2SGradError, ImportError):
    """An optional package is not installed."""

    code = "S2S501"


class TargetError(S2SGradError, ValueError):
    """A command-line argument that names no function, signature or call."""

    code = "S2S502"


class CacheError(S2SGradError, OSError):
    """The cache's directory cannot be used."""

    code = "S2S503"


# -- 9xx: faults of s2sgrad itself ---------------------------------------------------------------


class InternalError(S2SGradError, RuntimeError):
    """A fault of the compiler. Please report it with the function that shows it."""

    code = "S2S901"
