"""Primal programs, each beside its IR (`NAME.ir`) and its emitted derivative (`NAME.grad.py`)."""
