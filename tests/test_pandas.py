"""pandas objects as arguments, inside, and as results: pandas' own values to the bit, and derivatives with labels."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, hessian, jacrev, jvp, value_and_grad, vjp
from s2sgrad.errors import ArgumentTypeError, S2SGradError, StructureMismatch, UnsupportedCall

pd = pytest.importorskip("pandas")

INDEX = pd.date_range("2024-01-01", periods=12, freq="D")
FULL = pd.Series([1.3, 2.9, 0.4, 3.3, 2.2, 1.9, 4.1, 0.7, 2.6, 3.8, 1.1, 2.4], INDEX, name="price")
GAPS = FULL.mask(FULL.isin([1.3, 3.3, 0.7]))


def assert_same(found, expected):
    if isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected, check_exact=True, check_freq=False)
    elif isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected, check_exact=True, check_freq=False)
    else:
        assert np.array_equal(found, expected, equal_nan=True)


def check(f, s):
    """The value in both modes, forward mode against differences, reverse against forward mode (where numbers are)."""
    rng = np.random.default_rng(0)
    expected = f(s)
    dot = pd.Series(rng.normal(size=len(s)), s.index)
    out, out_dot = jvp(f, (s,), (dot,))
    assert_same(out, expected)
    out, pullback = vjp(f, s)
    assert_same(out, expected)
    h = 1e-6
    numeric = (np.asarray(f(s + h * dot)) - np.asarray(f(s - h * dot))) / (2 * h)
    known = np.isfinite(numeric)
    assert known.any()
    assert np.allclose(np.asarray(out_dot)[known], numeric[known], rtol=1e-5, atol=1e-7)
    bar = np.where(known, rng.normal(size=known.shape), 0.0)
    (s_bar,) = pullback(pd.Series(bar, expected.index) if isinstance(expected, pd.Series) else float(bar))
    assert s_bar.index.equals(s.index)
    assert s_bar.name == s.name
    numbers = ~np.isnan(s.to_numpy())
    assert np.all(np.isfinite(s_bar[numbers]))
    expected_product = np.sum((bar * np.asarray(out_dot))[known])
    assert np.isclose(np.sum((s_bar * dot)[numbers]), expected_product, rtol=1e-8, atol=1e-10)


def stores(s):
    t = s.copy()
    t[t > 2] = 0.0
    t.loc[s < 1.5] = s * 2
    t += 1
    return t


def changes_to_arrays(s):
    return pd.Series(np.where(s > 2, s, 0.0), index=s.index, name="kept")


METHODS = {
    "sum": lambda s: s.sum(),
    "mean": lambda s: s.mean(),
    "std": lambda s: s.std(),
    "var": lambda s: s.var(ddof=0),
    "np.std": lambda s: np.std(s),
    "np.sum": lambda s: np.sum(s**2),
    "min and max": lambda s: s.max() - s.min(),
    "prod": lambda s: s.prod(),
    "median": lambda s: s.median(),
    "cumsum": lambda s: s.cumsum() * 2,
    "cumprod": lambda s: (1 + s / 10).cumprod(),
    "diff": lambda s: s.diff().dropna().sum() + s.diff(-2).abs().sum(),
    "shift": lambda s: s.shift(2) * 2 + s,
    "shift filled": lambda s: s * s.shift(-1, fill_value=0) + 1,
    "pct_change": lambda s: s.pct_change().sum(),
    "clip": lambda s: s.clip(1.5, 3.0),
    "clip below": lambda s: np.clip(s, 2, None),
    "where": lambda s: s.where(s > 2, s * 3),
    "mask": lambda s: s.mask(s > 2, 0.0) + s.where(s > 1).sum(),
    "fillna": lambda s: s.fillna(0.3).fillna(s),
    "ffill, bfill": lambda s: s.ffill().bfill() ** 2,
    "rolling sum": lambda s: s.rolling(3, min_periods=2).sum(),
    "rolling mean": lambda s: s.rolling(4, min_periods=1).mean() * s,
    "rolling std": lambda s: s.rolling(4, min_periods=2).std(),
    "rolling var": lambda s: s.rolling(4, min_periods=3).var(ddof=0),
    "rolling min": lambda s: s.rolling(3, min_periods=1).min(),
    "rolling max": lambda s: s.rolling(3, min_periods=1).max(),
    "ewm": lambda s: s.ewm(span=4).mean(),
    "ewm recursive": lambda s: s.ewm(alpha=0.3, adjust=False).mean(),
    "ewm without gaps": lambda s: s.ewm(com=2, min_periods=2, ignore_na=True).mean(),
    "ufuncs": lambda s: np.maximum(np.exp(-s), 0.1) + np.arctan2(s, 2.0),
    "operators": lambda s: (2 * s**2 - 1 / s + s // 0.9) % 5,
    "slices": lambda s: s.iloc[1:6] * 2,
    "positions": lambda s: s / s.iloc[1] - s.iloc[-1],
    "selection": lambda s: s[s > 2].sum() + s.loc[s < 3].mean(),
    "apply": lambda s: s.apply(lambda v: v * v + 1),
    "rename": lambda s: s.rename("other") * s,
    "dot": lambda s: s.fillna(0.0).dot(s.fillna(1.0)),
    "interp": lambda s: np.interp(s.fillna(1.0), [0.0, 2.0, 5.0], [0.0, 1.0, 9.0]).sum(),
    "isna": lambda s: (s * 2).where(s.notna() & ~pd.isna(s), 1.0),
    "to arrays": changes_to_arrays,
    "stores": stores,
}


@pytest.mark.filterwarnings("ignore:The default fill_method:FutureWarning")
@pytest.mark.parametrize("name", METHODS)
def test_methods_compute_what_pandas_computes(name):
    check(METHODS[name], FULL)
    assert_same(vjp(METHODS[name], GAPS)[0], METHODS[name](GAPS))


SKIPPING = ["mean", "var", "median", "min and max", "cumsum", "cumprod", "diff", "where", "clip", "ffill, bfill"]
SKIPPING += [name for name in METHODS if name.startswith(("rolling", "ewm"))] + ["positions", "selection", "operators"]


@pytest.mark.parametrize("name", SKIPPING)
def test_what_is_missing_counts_for_nothing(name):
    f = METHODS[name]
    check(lambda s: np.sum(f(s) * 1.5), GAPS)


def test_windows_longer_than_the_series():
    check(lambda s: s.rolling(40, min_periods=2).mean(), FULL)


# -- dispatch on types, and emitted code -----------------------------------------------------------------


def clipped(x):
    y = np.maximum(x, 0)
    if isinstance(x, pd.Series):
        y = y.where(y < 3, 0.0)
        return pd.Series(y, index=x.index)
    return y * 100


def test_types_are_dispatched_on_as_the_primal_does():
    assert_same(vjp(clipped, FULL)[0], clipped(FULL))
    assert_same(vjp(clipped, FULL.to_numpy())[0], clipped(FULL.to_numpy()))


def asks_for_attributes(x):
    return (x * 2).sum() if hasattr(x, "iloc") and callable(getattr(x, "rolling", None)) else x


def test_attributes_are_those_of_pandas():
    assert_same(grad(asks_for_attributes)(FULL), pd.Series(2.0, INDEX, name="price"))


def loss(x):
    return (clipped(x) ** 2).sum()


def test_emitted_code_works_on_arrays():
    source = grad(loss).source(FULL)
    assert "def grad_loss(x):" in source
    assert "Series" not in source
    assert "np.maximum(x, 0)" in source


def option(s, method="series"):
    return s * 2 if method == "series" else (s * 2).to_numpy()


def test_each_signature_has_labels_of_its_own():
    for method in ("series", "array", "series"):
        assert_same(vjp(option, FULL, method)[0], option(FULL, method))


def test_code_is_compiled_once_for_all_indices():
    g = grad(loss)
    g(FULL)
    g(FULL.iloc[3:])
    g(FULL.reset_index(drop=True))
    assert sum(len(list(made.dispatcher)) for made in g.on_arrays.values()) == 2  # by the class of the index


# -- structures --------------------------------------------------------------------------------------


def test_gradients_have_the_labels_of_their_arguments():
    assert_same(grad(lambda s, k: (s * k).sum(), (0, 1))(FULL, 3.0)[0], pd.Series(3.0, INDEX, name="price"))
    (value, aux), g = value_and_grad(lambda s: (s.sum(), s * 2), has_aux=True)(FULL)
    assert_same(aux, FULL * 2)
    assert_same(g, pd.Series(1.0, INDEX, name="price"))
    g, aux = grad(lambda s: (s.sum(), s * 2), has_aux=True)(FULL)
    assert_same(aux, FULL * 2)


def test_higher_derivatives():
    out, dot = jvp(grad(lambda s: (s**3).sum()), (FULL,), (FULL,))
    assert np.allclose(out, 3 * FULL**2)
    assert_same(dot.index, INDEX)
    assert np.allclose(dot, 6 * FULL**2)
    assert np.allclose(hessian(lambda s: (s**3).sum())(FULL), np.diag(6 * FULL))
    assert np.allclose(jacrev(lambda s: s.diff().iloc[1:])(FULL), np.diff(np.eye(12), axis=0))


def nested(x, y):
    return {"product": x * y, "several": [x.mean(), y], "pair": (x, 1)}


def test_nested_results():
    out, pullback = vjp(nested, FULL, FULL.rename("other"))
    assert_same(out["product"], FULL.to_numpy() * FULL.rename(None))
    assert_same(out["several"][1], FULL.rename("other"))
    assert out["pair"][1] == 1
    x_bar, y_bar = pullback({"product": FULL, "several": [12.0, FULL], "pair": (FULL, 1)})
    assert np.allclose(x_bar, FULL**2 + 1 + FULL)
    assert np.allclose(y_bar, FULL**2 + FULL)


def test_containers_methods_and_keywords():
    class Model:
        def __init__(self, k):
            self.k = k

        def loss(self, data, *, power=2):
            return (self.k * data["s"] ** power).sum()

    found = grad(Model(3.0).loss)({"s": FULL, "w": 1.0}, power=3)
    assert np.allclose(found["s"], 9 * FULL**2)
    assert isinstance(found["s"], pd.Series)


# -- DataFrames --------------------------------------------------------------------------------------

FRAME = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 1, 0, 1]}, index=INDEX[:4])


def of_columns(df):
    df = df.copy()
    df["c"] = df["a"] * df.b + len(df)
    return (df["c"] ** 2).mean() + df[["a", "b"]].to_numpy().sum() + df.max(axis=1).sum()


def test_columns():
    value, g = value_and_grad(of_columns)(FRAME)
    assert value == of_columns(FRAME)
    assert list(g.columns) == ["a", "b"]
    for name in FRAME:
        for place in FRAME.index:
            moved = FRAME.copy()
            moved.loc[place, name] += 1e-6
            slope = (of_columns(moved) - of_columns(FRAME)) / 1e-6
            assert np.isclose(g.loc[place, name], slope, rtol=1e-4)


def two_columns(df, k=2.0):
    return pd.DataFrame({"u": df.a * k, "v": np.exp(df.b)}) * 3


def test_frames_as_results():
    out, pullback = vjp(two_columns, FRAME, 2.0)
    assert_same(out, two_columns(FRAME))
    df_bar, k_bar = pullback(FRAME.set_axis(["u", "v"], axis=1))
    assert np.allclose(df_bar.a, 6 * FRAME.a)
    assert np.allclose(df_bar.b, 3 * FRAME.b * np.exp(FRAME.b))
    assert np.isclose(k_bar, 3 * np.sum(FRAME.a**2))


def test_columns_of_other_kinds_pass_through():
    mixed = FRAME.assign(name=list("wxyz"), n=[1, 2, 3, 4])
    assert grad(lambda df, w: (df["a"] * df["n"] * w).sum(), 1)(mixed, 2.0) == 30.0
    count = grad(lambda s, names: s.sum() * len(names))
    assert_same(count(FRAME.a, mixed.name), pd.Series(4.0, FRAME.index, name="a"))
    with pytest.raises(ArgumentTypeError, match=r"argument `df\['name'\]`"):
        grad(lambda df: df["a"].sum())(mixed)


def test_pandas_inside_a_function_of_arrays():
    g = grad(lambda a: pd.Series(a).rolling(2).mean().sum())(np.arange(4.0))
    assert np.allclose(g, [0.5, 1, 1, 0.5])


def test_bottleneck_makes_an_array_of_a_series():
    bottleneck = pytest.importorskip("bottleneck")
    check(lambda s: bottleneck.nanstd(s, ddof=1), GAPS)


# -- refusals ----------------------------------------------------------------------------------------


def writes(s):
    s[s > 2] = 0.0
    return s


def adds_in_place(s):
    s += 1
    return s


def writes_into_the_array_of_a_series(s):
    a = np.zeros(12)
    t = pd.Series(a, index=s.index)
    a[0] = s.iloc[0]
    return t


def writes_through_a_view(s):
    t = s.copy()
    part = t.iloc[2:5]
    part[part > 0] = 0.0
    return t


def catches(s):
    try:
        return s.rolling(3, center=True).mean()
    except (TypeError, AttributeError):
        return s


REFUSED = {
    "an index that moved": (lambda s: (s.iloc[1:] - s.iloc[:-1]).sum(), "which pandas would align"),
    "an unknown method": (lambda s: s.interpolate().sum(), "`interpolate` of a pandas Series is not supported"),
    "an unknown window": (lambda s: s.rolling(3).median(), "`median` of a pandas Rolling is not supported"),
    "an unknown option": (catches, "the option `center` of"),
    "an unknown function": (lambda s: np.unique(s).sum(), "`unique` of a pandas object is not supported"),
    "labels": (lambda s: s["2024-01-01"], "by labels is not supported"),
    "the index": (lambda s: s * s.index.dayofyear, "`dayofyear` of a pandas DatetimeIndex is not supported"),
    "a lost index": (lambda s: s[s > 2], "of which only running tells the index"),
    "an own index": (lambda s: pd.Series(s.to_numpy()) + s, "which pandas would align"),
    "a truth value": (lambda s: s if s > 2 else -s, "has no truth value"),
    "the caller's Series written": (writes, "belongs to the caller"),
    "the caller's Series updated": (adds_in_place, "belongs to the caller"),
    "memory of a Series": (writes_into_the_array_of_a_series, "held by a pandas object"),
    "a view of a Series": (writes_through_a_view, "may or may not share its memory"),
    "booleans mixed": (lambda s: (s > 2).where(s > 1), "booleans mixed with numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_say_what_and_where(name):
    f, message = REFUSED[name]
    with pytest.raises(S2SGradError, match=message) as caught:
        vjp(f, FULL.copy())
    assert name == "a lost index" or "test_pandas.py" in str(caught.value)


def test_arguments_that_pandas_would_align_are_refused():
    with pytest.raises(StructureMismatch, match="different indices"):
        vjp(lambda x, y: x + y, FULL, FULL.iloc[1:])
    with pytest.raises(StructureMismatch, match="other labels"):
        jvp(loss, (FULL,), (FULL.reset_index(drop=True),))


def test_integers_and_series_of_nothing_are_refused():
    with pytest.raises(ArgumentTypeError, match=r"pass s.astype\(float\)"):
        grad(lambda s: s.sum())(pd.Series([1, 2]))
    with pytest.raises(ArgumentTypeError, match="it has no derivative"):
        grad(lambda s: s.sum())(pd.Series([1.0, None], dtype="Float64"))


def test_a_series_cannot_be_returned_from_arrays():
    with pytest.raises(UnsupportedCall, match="a pandas Series cannot be used here"):
        vjp(lambda a: pd.Series(a), np.arange(3.0))
