"""``rolling(…)`` and ``ewm(…)``: moving windows over a Series, see ``series``."""

from __future__ import annotations

from typing import Any

from s2sgrad.frontend.labelled.markers import like, unsupported
from s2sgrad.rules.series import ewm_mean, rolling_max, rolling_mean, rolling_min, rolling_std, rolling_sum, rolling_var


class Rolling:
    """``series.rolling(window, min_periods)``."""

    def __init__(self, series: Any, window: Any, min_periods: Any) -> None:
        if not isinstance(window, int):
            unsupported("`rolling` with a window that is not an integer is not supported")
        self.series = series
        self.window = window
        self.least = window if min_periods is None else min_periods

    def sum(self):
        return like(self.series, rolling_sum(self.series.values, self.window, self.least))

    def mean(self):
        return like(self.series, rolling_mean(self.series.values, self.window, self.least))

    def var(self, ddof=1):
        return like(self.series, rolling_var(self.series.values, self.window, self.least, ddof))

    def std(self, ddof=1):
        return like(self.series, rolling_std(self.series.values, self.window, self.least, ddof))

    def min(self):
        return like(self.series, rolling_min(self.series.values, self.window, self.least))

    def max(self):
        return like(self.series, rolling_max(self.series.values, self.window, self.least))


class Ewm:
    """``series.ewm(com=…, …)``."""

    def __init__(self, series: Any, com: Any, least: Any, adjust: Any, ignore_na: Any) -> None:
        self.series = series
        self.com = com
        self.least = least
        self.adjust = adjust
        self.ignore_na = ignore_na

    def mean(self):
        return like(self.series, ewm_mean(self.series.values, self.com, self.least, self.adjust, self.ignore_na))
