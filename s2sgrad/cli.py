"""The ``s2sgrad`` command: look at derivatives, check them, write them to files."""

from __future__ import annotations

import ast
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from types import FunctionType
from typing import Annotated, Any

import gast
import typer
from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Column, Table

from s2sgrad import cache as disk
from s2sgrad.arguments import type_tree
from s2sgrad.derivative import DerivativeFunction, compiler
from s2sgrad.emit import Module, compile_module
from s2sgrad.errors import S2SGradError, TargetError
from s2sgrad.export import as_module
from s2sgrad.frontend.source import find_source
from s2sgrad.ir.printer import dump
from s2sgrad.ir.structures import opened
from s2sgrad.optimize.inplace import inplace
from s2sgrad.optimize.pipeline import optimize
from s2sgrad.rules.listing import listed
from s2sgrad.stages import Times, recorded
from s2sgrad.targets import Target, arguments_of_call, assumed_arguments, find_target, types_of_signature
from s2sgrad.testing import Check, compare
from s2sgrad.version import __version__

MISMATCH, REFUSED = 1, 3
_EXIT_CODES = "Exit codes: 0 done, 1 a derivative is wrong, 2 wrong usage, 3 the function or the target is refused."

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog=_EXIT_CODES,
    help="Source-to-source automatic differentiation for Python and NumPy.",
)
cache_app = typer.Typer(no_args_is_help=True, help="Emitted sources kept on disk.")
app.add_typer(cache_app, name="cache")


class Mode(StrEnum):
    """The direction of differentiation."""

    reverse = "reverse"
    forward = "forward"


class Stage(StrEnum):
    """A stage of the pipeline."""

    ast = "ast"
    ir = "ir"
    tangent = "tangent"
    adjoint = "adjoint"
    optimized = "optimized"
    python = "python"


TargetArgument = Annotated[str, typer.Argument(metavar="FILE.py:FUNC | MODULE:FUNC", show_default=False)]
ModeOption = Annotated[Mode, typer.Option(help="Reverse gives the gradient, forward the derivative along a tangent.")]
WrtOption = Annotated[str | None, typer.Option(metavar="x,y", help="What to differentiate in. [default: the first]")]
SigOption = Annotated[str | None, typer.Option(metavar='"W: f8[:,:], n: int"', help="Types of parameters.")]
CallOption = Annotated[str | None, typer.Option(metavar='"f(np.ones(3), 2.0)"', help="A call, for its types.")]


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if show:
        print(f"s2sgrad {__version__}")
        raise typer.Exit


@app.command(
    epilog='Examples: s2sgrad show model.py:loss --wrt W,b --sig "W: f8[:,:], b: f8[:], X: f8[:,:], Y: f8[:,:]"'
)
def show(
    target: TargetArgument,
    mode: ModeOption = Mode.reverse,
    wrt: WrtOption = None,
    stage: Annotated[Stage, typer.Option(help="What to print.")] = Stage.python,
    sig: SigOption = None,
    call: CallOption = None,
) -> None:
    """Print the source of a derivative, or a stage on the way to it.

    Types come from --call, or --sig, or annotations and defaults; where nothing tells, the code serves numbers and
    arrays alike.
    """
    found = _load(target)
    if stage is Stage.tangent:
        mode = Mode.forward
    text = _stages(found, mode, wrt, sig, call, stage)
    _print_code(text, "python" if stage in (Stage.python, Stage.ast) else "text")


@app.command(epilog="Examples: s2sgrad export model.py:loss --wrt W,b -o grad_loss.py")
def export(
    target: TargetArgument,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file. [default: standard output]")] = None,
    mode: ModeOption = Mode.reverse,
    wrt: WrtOption = None,
    sig: SigOption = None,
    call: CallOption = None,
) -> None:
    """Write a derivative as a module that imports only NumPy and what the primal imports."""
    text = as_module(_emitted(_load(target), mode, wrt, sig, call))
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8")
        Console(stderr=True).print(f"wrote {output}")


@app.command(epilog='Examples: s2sgrad check model.py:loss --call "loss(np.ones(3), 2.0)"')
def check(
    target: TargetArgument,
    call: Annotated[str, typer.Option(metavar='"f(np.ones(3), 2.0)"', help="Where to check.", show_default=False)],
) -> None:
    """Compare derivatives in both modes with numerical differentiation. Exits with 1 if they differ."""
    found = _load(target)
    args, kwargs = arguments_of_call(call, found)
    if kwargs:
        raise TargetError("check takes positional arguments", "leave out the keywords in --call")
    names = DerivativeFunction(found.function, "grad").callee.names
    worst: dict[tuple[str, str], Check] = {}
    for result in compare(found.function, args):
        key = (names[result.argument] if result.argument < len(names) else str(result.argument), result.mode)
        before = worst.get(key)
        if before is None or (before.ok, -before.error) > (result.ok, -result.error):
            worst[key] = result
    table = Table("argument", "modes", "largest error at", "derivative", "compared with", "error", "")
    modes = {"rev": "reverse, numerical", "fwd": "forward, numerical", "both": "forward, reverse"}
    for (name, mode), result in worst.items():
        entry = escape(f"{name}{result.entry}")
        verdict = "[green]agrees[/green]" if result.ok else "[red]differs[/red]"
        numbers = f"{result.analytic:.9g}", f"{result.numeric:.9g}", f"{result.error:.1e}"
        table.add_row(name, modes[mode], entry, *numbers, verdict)
    Console().print(table)
    if not all(result.ok for result in worst.values()):
        raise typer.Exit(MISMATCH)


@app.command(epilog='Examples: s2sgrad times model.py:loss --call "loss(np.ones(3), 2.0)"')
def times(
    target: TargetArgument,
    mode: ModeOption = Mode.reverse,
    wrt: WrtOption = None,
    sig: SigOption = None,
    call: CallOption = None,
) -> None:
    """Say what each stage of compiling a derivative takes, in milliseconds: at first, and again in the same process."""
    found = _load(target)
    start = perf_counter()
    compiler()
    loading = perf_counter() - start
    first, again = (_times(found, mode, wrt, sig, call) for _ in range(2))
    table = Table("stage", *(Column(name, justify="right") for name in ("calls", "at first", "again")))

    def row(name: str, *seconds: float, calls: str = "") -> None:
        table.add_row(name, calls, *(f"{x * 1e3:.2f}" for x in seconds))

    row("loading the compiler", loading, 0.0)
    for name, seconds in sorted(first.seconds.items(), key=lambda item: -item[1]):
        row(name, seconds, again.seconds.get(name, 0.0), calls=str(first.calls[name]))
    row("the rest", *(times.total - sum(times.seconds.values()) for times in (first, again)))
    table.add_section()
    row("together", loading + first.total, again.total)
    Console().print(table)


@app.command(epilog="Examples: s2sgrad rules linalg, s2sgrad rules --json")
def rules(
    pattern: Annotated[str, typer.Argument(help="Only functions whose name contains this.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the functions that have a derivative rule, the modes it serves, and where it is written."""
    rows = listed(pattern)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    table = Table("function", "modes", "rule", "where")
    for row in rows:
        table.add_row(row.function, row.modes, row.rule, row.where)
    Console().print(table)


@cache_app.command("info")
def cache_info() -> None:
    """Where the cache is, and how much it holds."""
    found = disk.info()
    print(f"directory  {found.directory}")
    print(f"entries    {found.entries}")
    print(f"size       {found.size / 1024:.1f} KiB")
    if not found.enabled:
        print("turned off by S2SGRAD_CACHE")


@cache_app.command("clear")
def cache_clear() -> None:
    """Remove everything from the cache."""
    print(f"removed {disk.clear()} entries")


# -- on the way to a derivative ----------------------------------------------------------------------


def _load(text: str) -> Target:
    """The target; what its module prints when it is imported is no part of our output."""
    with redirect_stdout(sys.stderr):
        return find_target(text)


def _derivative(target: Target, mode: Mode, wrt: str | None) -> DerivativeFunction:
    """The derivative that the options ask for."""
    gradient = DerivativeFunction(target.function, "grad", ())
    names = gradient.callee.names[len(gradient.callee.prefix) :]
    wanted = [name.strip() for name in wrt.split(",")] if wrt is not None else names[:1]
    for name in wanted:
        if name not in names:
            raise TargetError(
                f"`{gradient.callee.name}` has no parameter `{name}`", f"its parameters: {', '.join(names)}"
            )
    positions = tuple(map(names.index, wanted))
    if mode is Mode.forward:
        return DerivativeFunction(target.function, "jvp", positions, primals=len(names))
    return DerivativeFunction(target.function, "grad", positions if len(positions) != 1 else positions[0])


def _arguments(
    target: Target, derivative: DerivativeFunction, sig: str | None, call: str | None
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Arguments and type trees for the primal."""
    callee = derivative.callee
    if call is not None:
        bound = callee.bind(*arguments_of_call(call, target))
        args = tuple(opened(x, derivative.takes_apart(k)) for k, x in enumerate(bound))
        return args, tuple(map(type_tree, args, callee.names))
    return assumed_arguments(callee, types_of_signature(sig or ""))


def _stages(target: Target, mode: Mode, wrt: str | None, sig: str | None, call: str | None, stage: Stage) -> str:
    """The text of one stage."""
    derivative = _derivative(target, mode, wrt)
    if stage is Stage.ast:
        function = derivative.callee.function
        if not isinstance(function, FunctionType):
            raise TargetError(f"`{derivative.callee.name}` has no Python source", "its rule: s2sgrad rules")
        return ast.dump(gast.gast_to_ast(find_source(function).node), indent=2)
    args, types = _arguments(target, derivative, sig, call)
    if stage is Stage.ir:
        return dump(compiler().lower_callee(derivative.callee, args, types, list(derivative.roots)).function)
    derived = compiler().lower(derivative, args, types)
    if stage in (Stage.tangent, Stage.adjoint):
        return dump(derived.function)
    if stage is Stage.optimized:
        return dump(inplace(optimize(derived.function)))
    source: str = compiler().emit(derivative, derived).source
    return source


def _emitted(target: Target, mode: Mode, wrt: str | None, sig: str | None, call: str | None) -> Module:
    derivative = _derivative(target, mode, wrt)
    lowered = compiler().lower(derivative, *_arguments(target, derivative, sig, call))
    module: Module = compiler().emit(derivative, lowered)
    return module


def _times(target: Target, mode: Mode, wrt: str | None, sig: str | None, call: str | None) -> Times:
    with recorded() as times:
        compile_module(_emitted(target, mode, wrt, sig, call))
    return times


def _print_code(text: str, language: str) -> None:
    """Highlighted on a terminal, plain in a pipe."""
    console = Console()
    if console.is_terminal:
        console.print(Syntax(text.rstrip(), language, background_color="default", word_wrap=True))
    else:
        print(text.rstrip())


def main() -> None:
    """Run the command; errors of the user's are printed, not raised."""
    try:
        app()
    except S2SGradError as error:
        console = Console(stderr=True)
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(REFUSED)
