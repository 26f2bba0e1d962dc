"""Loops: what a name stands for at the head of a loop."""

from __future__ import annotations

import numpy as np

from s2sgrad.testing import check_grads


def view_then_array(v):
    r = v[:]
    for _ in range(2):
        r = v
    return np.sum(r * r)


def test_a_name_that_is_a_slice_before_a_loop_and_another_array_in_it():
    check_grads(view_then_array, (np.array([0.3, -0.2]),))
