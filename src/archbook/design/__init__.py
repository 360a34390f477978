"""The design room: the model, loading, saving, the JSON Schema of the format, new designs and decisions."""
