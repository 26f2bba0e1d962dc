"""Type rules, a file per family; :mod:`s2sgrad.ir.infer` lists them."""
