"""The API rules: every module of this package defines a ``RULE``."""
