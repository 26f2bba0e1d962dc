"""What SciPy's solvers report beside their solution: read off the object that they returned."""

from __future__ import annotations


class Report:
    """The base of what stands for a result: ``found`` is SciPy's own. It has what that has, and no more."""

    @property
    def success(self):
        return self.found.success

    @property
    def status(self):
        return self.found.status

    @property
    def message(self):
        return self.found.message

    @property
    def nit(self):
        return self.found.nit

    @property
    def nfev(self):
        return self.found.nfev
