"""All workloads, by group."""

from __future__ import annotations

from benchmarks.workload import Workload
from benchmarks.workloads import adbench, array_loops, array_programs, learning, scalar_loops

ALL: list[Workload] = [
    *scalar_loops.ALL,
    *array_loops.ALL,
    *array_programs.ALL,
    *adbench.ALL,
    *learning.ALL,
]
