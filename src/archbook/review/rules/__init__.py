"""One file a rule: each module here has a `RULE`. A new file is found by itself."""
