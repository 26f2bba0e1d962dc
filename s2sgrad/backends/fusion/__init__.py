"""Loops over equal index spaces as one loop: fewer passes over memory, and no arrays for what one iteration needs.

    t = np.empty(n)                        y = 0.0
    for i in range(n):                     for i in range(n):
        t[i] = a[i] * b[i]         ──▶         t = a[i] * b[i]
    y = 0.0                                    y += t * t
    for i in range(n):                         c_bar[i] += t
        y += t[i] * t[i]
    for i in range(n):
        c_bar[i] += t[i]

The backend prints a loop for each array statement; what this package sees is such loops, with subscripts that are the
loops' variables. :mod:`effects` reads what a statement does, :mod:`places` where in memory a subscript is,
:mod:`order` says which statements may change places and which loops may become one, :mod:`merging` does it, and
:mod:`contraction` drops what arrays need not hold.
"""
