"""The exercises, one module a notebook; each has a tuple EXERCISES, and nothing else needs to know of it."""
