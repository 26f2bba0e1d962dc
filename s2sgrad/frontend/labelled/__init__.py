"""pandas while compiling: stand-ins for Series and DataFrames, which consist of arrays and labels.

Loaded when pandas is met. ``things`` makes the stand-ins; ``operators`` and ``numpy_calls`` are what Python's operators
and NumPy's functions do with them, ``constructors`` what pandas' functions make; ``series``, ``frames`` and ``indices``
hold their methods in Python, which are entered like any others.
"""

from __future__ import annotations

from s2sgrad.frontend.labelled import constructors, numpy_calls, operators
from s2sgrad.frontend.labelled.entering import lower_on_arrays

__all__ = ["constructors", "lower_on_arrays", "numpy_calls", "operators"]
