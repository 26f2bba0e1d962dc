"""Functions that are the same code are one.

    func layer(w, h):          func layer(w, h):
      …                          …
    func layer(w, h):    ──▶
      …                        y = layer w1, x
    y = layer w1, x            z = layer w2, y
    z = layer w2, y

They were made for arrays of different lengths, on which their code turned out not to depend.
"""

from __future__ import annotations

from collections.abc import Hashable

from s2sgrad.ir.compare import fingerprint
from s2sgrad.ir.core import Call, Function, walk
from s2sgrad.optimize.inplace import functions_called
from s2sgrad.stages import stage


@stage("merge_functions")
def merge_functions(function: Function) -> Function:
    """Call one of several functions that are the same (changes the function, and those that it calls)."""
    while True:
        called = functions_called(function)
        if len(called) == 1:
            return function
        first: dict[Hashable, Function] = {}
        same = {f: first.setdefault(fingerprint(f), f) for f in called}
        calls = [op for f in called for op in walk(f.body) if isinstance(op, Call) and isinstance(op.fn, Function)]
        changed = [op for op in calls if same[op.fn] is not op.fn]
        if not changed:
            return function
        for op in changed:  # what calls them may be the same now
            op.fn = same[op.fn]
