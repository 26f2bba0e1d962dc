"""Operations of pandas that have no equal in NumPy to the last bit: done by pandas, with derivative rules.

Moving windows end at each entry. A window with fewer than ``least`` numbers in it (NaN is none) gives NaN; so do
those at the beginning, which are shorter. The transpose of a moving sum is the moving sum that looks ahead.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from s2sgrad.ir.shapes.table import type_rule
from s2sgrad.ir.types import Array, type_of
from s2sgrad.rules.table import jvp, nondiff, vjp


def var_of(values, ddof, skipna):
    return pd.Series(values).var(ddof=ddof, skipna=skipna)


def std_of(values, ddof, skipna):
    return pd.Series(values).std(ddof=ddof, skipna=skipna)


def median_of(values):
    return pd.Series(values).median()


@type_rule(median_of, var_of, std_of)
def _number(values, ddof=None, skipna=None):
    return type_of(pd.Series(np.arange(3).astype(values.type.dtype)).std())  # NumPy's or Python's: that depends


def centred(values, skipna):
    """The deviations from the mean, 0 where there is no number."""
    deviations = values - (np.nanmean(values) if skipna else np.mean(values))
    return np.where(np.isnan(values), 0.0, deviations) if skipna else deviations


def freedom(values, ddof, skipna):
    return (np.sum(~np.isnan(values)) if skipna else len(values)) - ddof


@vjp(var_of)
def var_vjp(y_bar, y, values, ddof, skipna):
    return (2.0 * y_bar / freedom(values, ddof, skipna)) * centred(values, skipna), None, None


@jvp(var_of)
def var_jvp(dots, y, values, ddof, skipna):
    return np.sum(centred(values, skipna) * dots[0]) * 2.0 / freedom(values, ddof, skipna)


@vjp(std_of)
def std_vjp(y_bar, y, values, ddof, skipna):
    return (y_bar / (y * freedom(values, ddof, skipna))) * centred(values, skipna), None, None


@jvp(std_of)
def std_jvp(dots, y, values, ddof, skipna):
    return np.sum(centred(values, skipna) * dots[0]) / (y * freedom(values, ddof, skipna))


def middle_entries(values):
    """How much each entry has part in the median: entries that are equal share."""
    numbers = np.sort(values[~np.isnan(values)])
    low, high = values == numbers[(len(numbers) - 1) // 2], values == numbers[len(numbers) // 2]
    return 0.5 * (low / np.sum(low) + high / np.sum(high))


@vjp(median_of)
def median_vjp(y_bar, y, values):
    return y_bar * middle_entries(values)


@jvp(median_of)
def median_jvp(dots, y, values):
    return np.sum(middle_entries(values) * dots[0])


# -- what is missing -------------------------------------------------------------------------------


def last_number(values):
    """Where the number stands that is at each entry or the last before it; 0 if there is none."""
    return np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))))


def next_number(values):
    """Where the number stands that is at each entry or the next behind it; the last place if there is none."""
    places = np.where(np.isnan(values), len(values) - 1, np.arange(len(values)))
    return np.minimum.accumulate(places[::-1])[::-1]


nondiff(last_number, next_number)


@type_rule(last_number, next_number)
def _places_like(values):
    return Array(np.dtype(np.intp), values.type.shape)


# -- moving windows ----------------------------------------------------------------------------------


def rolling_sum(values, window, least):
    return pd.Series(values).rolling(window, least).sum().to_numpy()


def rolling_mean(values, window, least):
    return pd.Series(values).rolling(window, least).mean().to_numpy()


def rolling_var(values, window, least, ddof):
    return pd.Series(values).rolling(window, least).var(ddof=ddof).to_numpy()


def rolling_std(values, window, least, ddof):
    return pd.Series(values).rolling(window, least).std(ddof=ddof).to_numpy()


def rolling_min(values, window, least):
    return pd.Series(values).rolling(window, least).min().to_numpy()


def rolling_max(values, window, least):
    return pd.Series(values).rolling(window, least).max().to_numpy()


def ewm_mean(values, com, least, adjust, ignore_na):
    moving = pd.Series(values).ewm(com=com, min_periods=least, adjust=adjust, ignore_na=ignore_na)
    return moving.mean().to_numpy()


def moving_sum(x, window):
    """The sums over the entries up to each one."""
    return np.convolve(x, np.ones(window))[: len(x)]


def sum_ahead(x, window):
    """The sums over the entries from each one on: the transpose of :func:`moving_sum`."""
    return np.convolve(x, np.ones(window))[window - 1 :]


def numbers_in(values, window):
    """How many numbers there are in each window."""
    return np.round(moving_sum(np.where(np.isnan(values), 0.0, 1.0), window))


def masked(x, like):
    """``x``, but 0 where ``like`` is NaN."""
    return np.where(np.isnan(like), 0.0, x)


def latest_extreme(values, window, sign):
    """Where the entry stands that is the least (``sign`` 1) or greatest (-1) of each window."""
    last = len(values) - 1
    padded = np.concatenate((np.full(window - 1, np.inf), np.where(np.isnan(values), np.inf, sign * values)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)[:, ::-1]
    return np.clip(np.arange(last + 1) - np.argmin(windows, axis=1), 0, last)


nondiff(latest_extreme)


@type_rule(rolling_sum, rolling_mean, rolling_var, rolling_std, rolling_min, rolling_max, ewm_mean)
def _as_long(values, *options):
    return Array(np.dtype(float), values.type.shape)


@type_rule(latest_extreme)
def _places(values, window, sign):
    return Array(np.dtype(np.intp), values.type.shape)


@vjp(rolling_sum)
def rolling_sum_vjp(y_bar, y, values, window, least):
    return masked(sum_ahead(masked(y_bar, y), window), values), None, None


@jvp(rolling_sum)
def rolling_sum_jvp(dots, y, values, window, least):
    return masked(moving_sum(masked(dots[0], values), window), y)


@vjp(rolling_mean)
def rolling_mean_vjp(y_bar, y, values, window, least):
    share = masked(y_bar, y) / np.maximum(numbers_in(values, window), 1.0)
    return masked(sum_ahead(share, window), values), None, None


@jvp(rolling_mean)
def rolling_mean_jvp(dots, y, values, window, least):
    total = moving_sum(masked(dots[0], values), window)
    return masked(total / np.maximum(numbers_in(values, window), 1.0), y)


def window_means(values, window):
    return moving_sum(masked(values, values), window) / np.maximum(numbers_in(values, window), 1.0)


def per_freedom(x, y, values, window, ddof):
    """``x`` by the degrees of freedom of each window; 0 where there is no result."""
    return masked(x, y) / np.maximum(numbers_in(values, window) - ddof, 1.0)


@vjp(rolling_var)
def rolling_var_vjp(y_bar, y, values, window, least, ddof):
    weight = 2.0 * per_freedom(y_bar, y, values, window, ddof)
    means = window_means(values, window)
    bar = masked(values, values) * sum_ahead(weight, window) - sum_ahead(weight * means, window)
    return masked(bar, values), None, None, None


@jvp(rolling_var)
def rolling_var_jvp(dots, y, values, window, least, ddof):
    return 2.0 * per_freedom(codeviations(dots[0], values, window), y, values, window, ddof)


@vjp(rolling_std)
def rolling_std_vjp(y_bar, y, values, window, least, ddof):
    weight = per_freedom(y_bar / y, y, values, window, ddof)
    means = window_means(values, window)
    bar = masked(values, values) * sum_ahead(weight, window) - sum_ahead(weight * means, window)
    return masked(bar, values), None, None, None


@jvp(rolling_std)
def rolling_std_jvp(dots, y, values, window, least, ddof):
    return per_freedom(codeviations(dots[0], values, window) / y, y, values, window, ddof)


def codeviations(x, values, window):
    """For each window, the sum of ``x`` times the deviations of ``values`` from their mean."""
    known = masked(values, values)
    x = masked(x, values)
    return moving_sum(known * x, window) - window_means(values, window) * moving_sum(x, window)


def from_places(y_bar, y, places):
    values_bar = np.zeros_like(y_bar)
    np.add.at(values_bar, places, masked(y_bar, y))
    return values_bar


@vjp(rolling_min)
def rolling_min_vjp(y_bar, y, values, window, least):
    return from_places(y_bar, y, latest_extreme(values, window, 1.0)), None, None


@jvp(rolling_min)
def rolling_min_jvp(dots, y, values, window, least):
    return masked(dots[0][latest_extreme(values, window, 1.0)], y)


@vjp(rolling_max)
def rolling_max_vjp(y_bar, y, values, window, least):
    return from_places(y_bar, y, latest_extreme(values, window, -1.0)), None, None


@jvp(rolling_max)
def rolling_max_jvp(dots, y, values, window, least):
    return masked(dots[0][latest_extreme(values, window, -1.0)], y)


# -- exponential weights -----------------------------------------------------------------------------


def kept_shares(values, com, adjust, ignore_na):
    """How much of the mean before each entry remains in the mean there: 1 where there is no number, 0 at the first."""
    shares = np.ones(len(values))
    weight, seen = 0.0, False
    for i in range(len(values)):
        known = not np.isnan(values[i])
        if seen and (known or not ignore_na):
            weight *= com / (1.0 + com)
        if known:
            new = 1.0 if adjust or not seen else 1.0 / (1.0 + com)
            shares[i] = weight / (weight + new)
            weight, seen = weight + new if adjust else 1.0, True
    return shares


nondiff(kept_shares)


@type_rule(kept_shares)
def _shares(values, com, adjust, ignore_na):
    return Array(np.dtype(float), values.type.shape)


@vjp(ewm_mean)
def ewm_mean_vjp(y_bar, y, values, com, least, adjust, ignore_na):
    shares = kept_shares(values, com, adjust, ignore_na)
    y_bar = masked(y_bar, y)
    values_bar = np.zeros(len(values))
    mean_bar = 0.0
    for i in range(len(values) - 1, -1, -1):
        mean_bar = mean_bar + y_bar[i]
        values_bar[i] = (1.0 - shares[i]) * mean_bar
        mean_bar = shares[i] * mean_bar
    return values_bar, None, None, None, None


@jvp(ewm_mean)
def ewm_mean_jvp(dots, y, values, com, least, adjust, ignore_na):
    shares = kept_shares(values, com, adjust, ignore_na)
    x_dot = masked(dots[0], values)
    y_dot = np.zeros(len(values))
    mean_dot = 0.0
    for i in range(len(values)):
        mean_dot = shares[i] * mean_dot + (1.0 - shares[i]) * x_dot[i]
        y_dot[i] = mean_dot
    return masked(y_dot, y)
