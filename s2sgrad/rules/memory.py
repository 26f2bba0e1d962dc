"""Which functions return memory of their own, and which may return (a view of) an argument."""

from __future__ import annotations

import operator
from collections.abc import Callable
from operator import getitem
from typing import Any, Literal

import numpy as np

from s2sgrad.ir.primitives import added, getindex, inverse_of_triangle, keys_of, new_dict, new_list, zeros_like

_FRESH_OPERATORS = (
    "add sub mul truediv floordiv mod pow matmul neg pos abs invert lshift rshift and_ or_ xor "
    "lt le eq ne gt ge not_ truth contains is_ is_not index"
)
_FRESH_NUMPY = (
    "sum prod mean std var max min amax amin ptp median average all any argmax argmin argsort sort count_nonzero "
    "cumsum cumprod diff dot outer inner vdot tensordot matmul cross kron trace zeros ones full empty zeros_like "
    "ones_like full_like empty_like arange linspace logspace geomspace eye identity tri tril triu copy concatenate "
    "stack vstack hstack column_stack dstack where clip repeat take take_along_axis roll pad searchsorted "
    "unique bincount histogram interp nonzero flatnonzero argwhere isclose allclose array_equal logaddexp "
    "nansum nanmean nanprod sinc i0 convolve correlate array append insert delete tile round around "
    "result_type shape ndim size select choose piecewise extract compress diagflat nanmax nanmin nanstd nanvar "
    "nancumsum nancumprod nanmedian gradient ediff1d trapezoid percentile quantile nanpercentile nanquantile polyval "
    "vander block partition argpartition lexsort digitize isscalar array_equiv iscomplexobj isrealobj"
)
_FRESH_LINALG = (
    "norm vector_norm matrix_norm inv solve det slogdet cholesky eig eigh eigvals eigvalsh svd svdvals qr pinv lstsq "
    "matrix_rank cond cross outer matmul tensordot vecdot multi_dot trace tensorsolve tensorinv"
)
_FRESH_FFT = (
    "fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn fftfreq rfftfreq fftshift ifftshift"
)

FRESH: frozenset[Any] = frozenset(
    [getattr(operator, name) for name in _FRESH_OPERATORS.split()]
    + [getattr(np, name) for name in _FRESH_NUMPY.split()]
    + [getattr(np.linalg, name) for name in _FRESH_LINALG.split()]
    + [getattr(np.fft, name) for name in _FRESH_FFT.split()]
    + [
        abs,
        pow,
        round,
        bool,
        int,
        float,
        complex,
        len,
        new_list,
        new_dict,
        keys_of,
        zeros_like,
        added,
        inverse_of_triangle,
        np.add.at,
    ]
    + [inverse_of_triangle, np.ndarray.copy, np.ndarray.astype]
)
# Everything in these packages is fresh, too, unless told to overwrite.
FRESH_PACKAGES = ("scipy.linalg.", "scipy.signal.", "bottleneck.reduce.")

View = Literal["always", "maybe"]

# Whether the result shares memory with the first argument (for ``broadcast_arrays``: item by item). What stands
# neither here nor in :data:`FRESH` may return any of its arguments. ``operator.getitem`` stands in neither either: it
# shares memory exactly when its index is basic, and the result is an array.
VIEWS: dict[Callable[..., Any], View] = {
    getindex: "always",
    np.atleast_1d: "always",
    np.atleast_2d: "always",
    np.atleast_3d: "always",
    np.broadcast_arrays: "always",
    np.broadcast_to: "always",
    np.diagonal: "always",
    np.expand_dims: "always",
    np.flip: "always",
    np.fliplr: "always",
    np.flipud: "always",
    np.lib.stride_tricks.as_strided: "always",
    np.lib.stride_tricks.sliding_window_view: "always",
    np.linalg.diagonal: "always",
    np.linalg.matrix_transpose: "always",
    np.matrix_transpose: "always",
    np.moveaxis: "always",
    np.real: "always",
    np.rollaxis: "always",
    np.rot90: "always",
    np.squeeze: "always",
    np.swapaxes: "always",
    np.transpose: "always",
    np.array_split: "always",
    np.dsplit: "always",
    np.hsplit: "always",
    np.split: "always",
    np.vsplit: "always",
    np.unstack: "always",
    np.array: "maybe",  # with copy=False or copy=None only
    np.asanyarray: "maybe",
    np.asarray: "maybe",
    np.ascontiguousarray: "maybe",
    np.asfortranarray: "maybe",
    np.astype: "maybe",  # with copy=False only
    np.diag: "maybe",  # of a matrix
    np.imag: "maybe",  # of a complex array
    np.nan_to_num: "maybe",  # with copy=False only
    np.ravel: "maybe",
    np.real_if_close: "maybe",
    np.require: "maybe",
    np.reshape: "maybe",
    np.trim_zeros: "maybe",
}


def shares_memory(function: Any, ndim: int | None, options: dict[str, Any]) -> View | None:
    """:data:`VIEWS` refined by the rank of the first argument and by static options; None: never.

    ``options``: the keyword options whose values are static.
    """
    view = VIEWS.get(function)
    if view is None and is_known_fresh(function):
        return "maybe" if any(k.startswith("overwrite") for k in options) else None
    if view is None:
        return None if function is getitem else "maybe"
    if function in (np.array, np.asarray, np.astype, np.nan_to_num, np.reshape) and options.get("copy") is True:
        return None
    if function in (np.array, np.astype, np.nan_to_num) and "copy" not in options:
        return None
    if function is np.diag and ndim is not None:
        return "always" if ndim == 2 else None
    if function is np.reshape and ndim == 1:
        return "always"  # one axis, whatever its stride, can be split without copying
    return view


def is_known_fresh(function: Any) -> bool:
    """Whether a function returns memory of its own, unless an option of the call tells it otherwise."""
    if isinstance(function, np.ufunc) or function in FRESH:
        return True
    return (getattr(function, "__module__", None) or "").startswith(FRESH_PACKAGES)
