"""Altair, as charts import it: without a parser for internationalised addresses.

It loads jsonschema, which compiles 38 grammars to check addresses in a format that no chart has: most of a first
chart's time.
"""

from archbook.without import without

with without("rfc3987_syntax"):
    import altair

__all__ = ["altair"]
