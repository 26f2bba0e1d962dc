"""Sums of products of two arrays: read in whatever way they are written, and written as an expert writes them."""
