"""What was measured, on the terminal, as JSON, as a page and as a picture."""

from __future__ import annotations

import contextlib
import json
import math
import platform
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import aims
from benchmarks.measure import Row

#: The columns of the table of ratios.
RATIOS: dict[str, tuple[str, str]] = {
    "s2sgrad ÷ by hand": ("s2sgrad", "by hand"),
    "Numba ÷ by hand in Numba": ("s2sgrad, Numba", "by hand, Numba"),
    "s2sgrad ÷ primal": ("s2sgrad", "primal"),
    "autograd ÷ s2sgrad": ("autograd", "s2sgrad"),
    "JAX ÷ best": ("JAX", "best"),
    "PyTorch ÷ best": ("PyTorch", "best"),
}


def ratios(row: Row) -> dict[str, float | None]:
    return {k: row.ratio(a, b) for k, (a, b) in RATIOS.items()}


def mean(values: Iterable[float | None]) -> float | None:
    """The geometric mean of what is there."""
    logs = [math.log(v) for v in values if v is not None]
    return math.exp(sum(logs) / len(logs)) if logs else None


def tables(rows: list[Row]) -> list[Table]:
    """One of times, one of ratios, the worst first, and one of the aims."""
    names = list(dict.fromkeys(name for row in rows for name in row.seconds))
    times = Table("workload", "size", *names, title="time of a call")
    for row in rows:
        times.add_row(row.workload, str(row.size), *(duration(row.seconds.get(name)) for name in names))
    found = Table("workload", "size", *RATIOS, "memory ÷ by hand", "first call, ms", title="ratios, the worst first")
    for row in sorted(rows, key=lambda row: -(row.ratio("s2sgrad", "by hand") or 0.0)):
        found.add_row(row.workload, str(row.size), *map(number, ratios(row).values()), *extras(row))
    for group in dict.fromkeys(row.group for row in rows):
        those = [row for row in rows if row.group == group]
        found.add_row(f"[bold]{group}, mean", "", *(number(mean(ratios(r)[k] for r in those)) for k in RATIOS), "", "")
    found.add_row("[bold]all, mean", "", *(number(mean(ratios(row)[k] for row in rows)) for k in RATIOS), "", "")
    return [times, found, aims.table(rows, mean, number)]


def extras(row: Row) -> tuple[str, str]:
    return number(aims.memory(row)), f"{row.first['s2sgrad'] * 1e3:.0f}" if "s2sgrad" in row.first else ""


def number(x: float | None) -> str:
    return "" if x is None else f"{x:.2f}" if x < 100 else f"{x:.0f}"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * scale >= 1.0:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def show(rows: list[Row], console: Console) -> None:
    for table in tables(rows):
        console.print(table)


def save(rows: list[Row], folder: Path, threads: int) -> None:
    """``benchmarks.json``, ``benchmarks.md`` and, where Matplotlib is installed, ``benchmarks.svg``."""
    machine = f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}"
    record = {"machine": machine, "threads": threads, "rows": [asdict(row) for row in rows]}
    (folder / "benchmarks.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (folder / "benchmarks.md").write_text(page(rows, machine, threads), encoding="utf-8")
    with contextlib.suppress(ImportError):
        picture(rows, folder / "benchmarks.svg")


def page(rows: list[Row], machine: str, threads: int) -> str:
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` ({machine}; threads: {threads}): medians, all contenders interleaved.",
        "How a gradient compares with one that is written by hand, and with peers; the worst first.",
        "",
        "![how many times as long as by hand](benchmarks.svg)",
        "",
    ]
    for table in reversed(tables(rows)):
        lines += [f"## {str(table.title).capitalize()}", "", *markdown(table), ""]
    return "\n".join(lines)


def markdown(table: Table) -> list[str]:
    columns = [[str(cell).replace("[bold]", "") for cell in column.cells] for column in table.columns]
    head = [str(column.header) for column in table.columns]
    bar = ["---"] + ["--:"] * (len(head) - 1)
    return ["| " + " | ".join(cells) + " |" for cells in (head, bar, *zip(*columns, strict=True))]


def picture(rows: list[Row], path: Path) -> None:
    """For each workload at its middle size, how many times as long each takes as the gradient by hand in NumPy."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "s2sgrad"
    import matplotlib.pyplot as plt

    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.workload, []).append(row)
    middle = [found[len(found) // 2] for found in by_name.values()]
    figure, axes = plt.subplots(figsize=(9, 0.28 * len(middle) + 1.2))
    names = [n for n in dict.fromkeys(n for row in middle for n in row.seconds) if n not in ("by hand", "primal")]
    for name in names:
        at = [(row.ratio(name, "by hand"), i) for i, row in enumerate(middle) if name in row.seconds]
        axes.plot([r for r, _ in at], [i for _, i in at], "o", label=name, markersize=5)
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(range(len(middle)), [f"{row.workload} ({row.size})" for row in middle])
    axes.invert_yaxis()
    axes.set_xlabel("time ÷ that of the gradient by hand in NumPy")
    axes.legend(loc="upper right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
