"""The rules for SciPy: a module for each of its packages, imported when a function of that package is first met."""
