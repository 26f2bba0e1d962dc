"""Writes docs/coverage.md: what becomes of every public function of NumPy and of scipy.special.

    python docs/coverage.py

A function without a rule of its own is tried: it counts as differentiable through its source only if its derivatives
in both modes compile for one of the sample calls below, and agree.
"""

from __future__ import annotations

import importlib
import linecache
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from s2sgrad import jvp, vjp
from s2sgrad.rules.listing import modes_of
from s2sgrad.rules.table import rule_of

MODULES = ("numpy", "numpy.linalg", "numpy.fft", "scipy.special")
OUTPUT = Path(__file__).with_name("coverage.md")

BOTH, REVERSE, FORWARD = "rule, both modes", "rule, reverse only", "rule, forward only"
SOURCE, ZERO, NOT, REFUSED = "through its definition", "derivative zero", "not differentiable", "refused"

# What has no derivative in principle: it reads or writes files and settings, asks about types or memory, makes text.
NO_DERIVATIVE = frozenset(
    name
    for line in """
    array2string array_repr array_str base_repr binary_repr bmat asmatrix bitwise_count busday_count busday_offset
    can_cast common_type datetime_as_string datetime_data einsum_path format_float_positional format_float_scientific
    from_dlpack frombuffer fromfile fromregex fromstring frompyfunc genfromtxt get_include get_printoptions getbufsize
    geterr geterrcall info is_busday isdtype isfortran isnat issubdtype iterable load loadtxt may_share_memory
    min_scalar_type mintypecode nested_iters packbits printoptions promote_types save savetxt savez
    savez_compressed set_printoptions setbufsize seterr seterrcall shares_memory show_config show_runtime test typename
    unpackbits broadcast_shapes result_type errstate""".splitlines()
    for name in line.split()
)
# Of scipy.special, what takes numbers of things only, and gives zeros, nodes, coefficients or polynomial objects.
NO_DERIVATIVE |= frozenset(
    name
    for line in """
    ai_zeros bei_zeros beip_zeros ber_zeros berp_zeros bi_zeros erf_zeros fresnel_zeros fresnelc_zeros fresnels_zeros
    jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros keip_zeros kelvin_zeros ker_zeros kerp_zeros y0_zeros y1_zeros
    y1p_zeros yn_zeros ynp_zeros bernoulli euler stirling2 factorial2 factorialk geterr seterr
    c_roots h_roots he_roots l_roots p_roots ps_roots s_roots t_roots ts_roots u_roots us_roots
    roots_chebyc roots_chebys roots_chebyt roots_chebyu roots_hermite roots_hermitenorm roots_laguerre roots_legendre
    roots_sh_chebyt roots_sh_chebyu roots_sh_legendre chebyc chebys chebyt chebyu hermite hermitenorm laguerre legendre
    sh_chebyt sh_chebyu sh_legendre""".splitlines()
    for name in line.split()
)
# Calls in x (a vector), A (a matrix) and s (a number), tried where there is no rule: the first that NumPy accepts.
GENERIC = ("f(x)", "f(A)", "f(s)", "f(x, x)", "f(A, x)", "f(A, A)", "f(x, 2)", "f(2, x)", "f(x, x, x)", "f(2, 1, x)")
SPECIFIC = {
    "apply_along_axis": "f(lambda r: r * r, 0, A)",
    "apply_over_axes": "f(np.sum, A, 0)",
    "copyto": "(lambda a: (f(a, x), a)[1])(np.zeros(3))",
    "fill_diagonal": "(lambda a: (f(a, s), a)[1])(A.copy())",
    "fromfunction": "f(lambda i: i * s, (3,))",
    "fromiter": "f([s * s for _ in range(3)], float)",
    "histogramdd": "f(B, [[0.0, 1.0], [0.0, 1.0]], weights=x)[0]",
    "piecewise": "f(x, [x > 0.5], [lambda t: t * t, 0.0])",
    "place": "(lambda a: (f(a, x > 0.5, x), a)[1])(np.zeros(3))",
    "put": "(lambda a: (f(a, [0, 2], x), a)[1])(np.zeros(3))",
    "put_along_axis": "(lambda a: (f(a, np.array([0, 2]), s, 0), a)[1])(np.zeros(3))",
    "mask_indices": "f(3, np.triu)",
    "ravel_multi_index": "f((np.array([0, 1]), np.array([1, 0])), (2, 2))",
    "putmask": "(lambda a: (f(a, x > 0.5, x), a)[1])(np.zeros(3))",
    "select": "f([x > 0.5], [x], s)",
    "kaiser": "f(5, s)",
    "polyfit": "f(np.arange(3.0), x, 1)",
    "vander": "f(x)",
}


def main() -> None:
    """Write the page."""
    lines = ["# Coverage", "", *introduction()]
    tables: list[str] = []
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        statuses = {key: status_of(key, fn) for key, fn in functions_of(module)}
        lines.append(summary(name, Counter(statuses.values())))
        tables += ["", f"## {name}", "", "| function | status |", "| --- | --- |"]
        tables += [f"| `{key}` | {status} |" for key, status in statuses.items()]
    OUTPUT.write_text("\n".join([*lines, *tables, ""]), encoding="utf-8")


def introduction() -> list[str]:
    return [
        "Written by `python docs/coverage.py`. *Through its definition*: there is no rule, but derivatives in both",
        "modes go through what the function is made of. *Derivative zero*: piecewise constant. The differentiable",
        "functions are all but those and the *not differentiable* (files, text, settings, questions about types).",
        "",
        "| module | rules in both modes ÷ differentiable | with those through their definition | refused |",
        "| --- | --- | --- | --- |",
    ]


def summary(name: str, count: Counter[str]) -> str:
    differentiable = sum(n for status, n in count.items() if status not in (ZERO, NOT))
    through = count[BOTH] + count[SOURCE]
    return f"| {name} | {count[BOTH]} ÷ {differentiable} | {through} ÷ {differentiable} | {count[REFUSED]} |"


def functions_of(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public functions of a module by name; classes and exceptions are none."""
    for name in sorted(dir(module)):
        fn = getattr(module, name)
        if not name.startswith("_") and callable(fn) and not isinstance(fn, type):
            yield name, fn


def status_of(name: str, fn: Callable[..., Any]) -> str:
    """What becomes of a call of a function that a differentiated value enters."""
    rule = rule_of(fn)
    if name in NO_DERIVATIVE or fn.__class__.__module__ == "numpy.lib._index_tricks_impl":
        return NOT
    if rule is not None:
        return {"both": BOTH, "reverse": REVERSE, "forward": FORWARD, "zero": ZERO}[modes_of(rule)]
    return tried(name, fn)


def tried(name: str, fn: Callable[..., Any]) -> str:
    """The status of a function without a rule, found out by calls."""
    x, A, s = np.array([0.31, 0.72, 0.55]), np.array([[2.1, 0.3, 0.4], [0.2, 1.9, 0.6], [0.7, 0.1, 1.7]]), 0.63
    names = {"x": x, "A": A, "s": s}
    constant = False
    for call in (SPECIFIC[name],) if name in SPECIFIC else GENERIC:
        text = f"def call(x, A, s):\n    return {call}\n"
        filename = f"<coverage {name} {call}>"
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        scope: dict[str, Any] = {"f": fn, "np": np, "B": np.array([[0.2, 0.3], [0.6, 0.1], [0.9, 0.8]])}
        exec(compile(text, filename, "exec"), scope)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                y = scope["call"](*(np.copy(v) if isinstance(v, np.ndarray) else v for v in names.values()))
            except Exception:
                continue
            parts = y if isinstance(y, (tuple, list)) else (y,)
            if not all(isinstance(p, (np.ndarray, np.generic, bool, float, complex)) for p in parts):
                continue
            if all(np.asarray(p).dtype.kind not in "fc" for p in parts):
                constant = True
                continue
            return SOURCE if modes_agree(scope["call"], y, names) else REFUSED
    return ZERO if constant else REFUSED


def modes_agree(call: Callable[..., Any], y: Any, names: dict[str, Any]) -> bool:
    """Whether derivatives in both modes compile, and pair to the same number."""
    rng = np.random.default_rng(0)
    args = tuple(names.values())
    dots = tuple(rng.standard_normal(np.shape(v))[()] for v in args)
    y_bar = like(y, rng)
    try:
        _, y_dot = jvp(call, args, tuple(float(d) if np.ndim(d) == 0 else d for d in dots))
        bars = vjp(call, *args)[1](y_bar)
    except Exception:
        return False
    forward, reverse = pairing(y_bar, y_dot), pairing(bars, dots)
    return bool(np.isclose(forward, reverse, rtol=1e-8, equal_nan=True))


def like(y: Any, rng: np.random.Generator) -> Any:
    if isinstance(y, (tuple, list)):
        return type(y)([like(item, rng) for item in y]) if type(y) in (tuple, list) else tuple(like(i, rng) for i in y)
    value = rng.standard_normal(np.shape(y))
    return value if isinstance(y, np.ndarray) else float(value)


def pairing(a: Any, b: Any) -> Any:
    if isinstance(a, (tuple, list)):
        return sum(pairing(p, q) for p, q in zip(a, b, strict=True))
    return 0.0 if a is None or b is None else np.sum(np.asarray(a) * np.asarray(b))


if __name__ == "__main__":
    main()
