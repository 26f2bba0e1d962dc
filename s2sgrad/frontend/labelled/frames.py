"""The methods of a DataFrame; see ``series``."""

from __future__ import annotations

import numpy as np

from s2sgrad.frontend.labelled.markers import arrays_of, column, copied, names_of, series_of, set_column, unsupported


class DataFrame:
    """``data`` (a dict of arrays) and ``index`` are attributes of the stand-in."""

    ndim = 2

    def __len__(self):
        return len(arrays_of(self)[0])

    @property
    def shape(self):
        return (len(arrays_of(self)[0]), len(names_of(self)))

    @property
    def columns(self):
        return names_of(self)

    @property
    def values(self):
        return np.stack(arrays_of(self), axis=1)

    def to_numpy(self):
        return np.stack(arrays_of(self), axis=1)

    def copy(self, deep=True):
        return copied(self)

    def __getitem__(self, key):
        return column(self, key)

    def __setitem__(self, key, values):
        set_column(self, key, values)

    def max(self, axis=0):
        if axis != 1 and axis != "columns":
            unsupported("the maximum of each column is not supported as a Series")
        return series_of(self, np.nanmax(np.stack(arrays_of(self), axis=1), axis=1))

    def min(self, axis=0):
        if axis != 1 and axis != "columns":
            unsupported("the minimum of each column is not supported as a Series")
        return series_of(self, np.nanmin(np.stack(arrays_of(self), axis=1), axis=1))
