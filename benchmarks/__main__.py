"""`python -m benchmarks`: measure gradients against those by hand and against peers.

python -m benchmarks                       everything that is installed
python -m benchmarks GMM "heat, 2-D"       some workloads
python -m benchmarks --only s2sgrad --only "by hand" --rounds 5
python -m benchmarks --overheads
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

DOCS = Path(__file__).parent.parent / "docs"


def main(
    names: Annotated[list[str] | None, typer.Argument(help="workloads; all without any")] = None,
    only: Annotated[list[str] | None, typer.Option(help="contenders; all that are installed without any")] = None,
    rounds: Annotated[int, typer.Option(help="samples of each contender")] = 9,
    threads: Annotated[int, typer.Option(help="threads of BLAS, XLA and PyTorch")] = 1,
    size: Annotated[int | None, typer.Option(help="0, 1 or 2: one of the three sizes only")] = None,
    overheads: Annotated[bool, typer.Option(help="compile times and overheads instead")] = False,
    save: Annotated[bool, typer.Option(help="write docs/benchmarks.{json,md,svg}")] = False,
) -> None:
    """Measure gradients against those by hand and against peers."""
    fix_threads(threads)
    from rich.console import Console

    from benchmarks import overhead, report
    from benchmarks.contenders import CONTENDERS
    from benchmarks.measure import Row, measure
    from benchmarks.workloads import ALL

    console = Console(width=200 if not sys.stdout.isatty() else None)
    if overheads:
        for what, figure in overhead.rows():
            console.print(f"{what}: {figure}", highlight=False)
        return
    chosen = [workload for workload in ALL if not names or workload.name in names]
    unknown = set(names or ()) - {workload.name for workload in ALL} | set(only or ()) - set(CONTENDERS)
    if unknown:
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    for workload in chosen:
        for n in workload.sizes if size is None else [workload.sizes[size]]:
            rows.append(measure(workload, n, only or list(CONTENDERS), rounds))
            row = rows[-1]
            parts = (f"{name} {report.duration(t)}" for name, t in row.seconds.items())
            console.print(f"{workload.name} ({n}): {', '.join(parts)}", highlight=False)
            for name, reason in row.absent.items():
                console.print(f"  without {name}: {reason}", highlight=False)
    report.show(rows, console)
    if save:
        report.save(rows, DOCS, threads)


def fix_threads(threads: int) -> None:
    """Give all contenders as many threads, and compile anew: before anything is imported."""
    for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["S2SGRAD_CACHE"] = "0"
    os.environ.setdefault("JAX_PLATFORMS", "cpu")


if __name__ == "__main__":
    typer.run(main)
