"""Numbers that the author gave a name keep it.

    def f(x):                      def grad_f(x):
        h = 0.01            ──▶        h = 0.01
        …                              …

In the IR such a number is a constant like any other, so that it can be folded; its name is a hint. It is printed by
name where that is one number's alone in the function, and no variable's.
"""

from __future__ import annotations

import math

from s2sgrad.emit.references import References
from s2sgrad.ir.core import Call, Const, Function, defined_in, leaves, walk


def named_constants(function: Function, references: References) -> dict[str, float]:
    """The constants of a function that are printed by name; their names are taken from now on."""
    found: dict[str, set[str]] = {}
    values: dict[str, float] = {}
    for op in walk(function.body):
        if isinstance(op, Call):
            for x in (*leaves(op.args), *leaves(op.kwargs)):
                if isinstance(x, Const) and x.name is not None and type(x.value) is float and math.isfinite(x.value):
                    found.setdefault(x.name, set()).add(repr(x.value))
                    values[x.name] = x.value
    if not found:
        return {}
    variables = {v.name for v in (*function.params, *defined_in(function.body))}
    single = [
        n for n in found if len(found[n]) == 1 and n not in variables and n.isidentifier() and references.is_free(n)
    ]
    for name in single:
        references.taken[name] = values[name]
    return {name: values[name] for name in single}
