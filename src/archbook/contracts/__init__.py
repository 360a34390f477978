"""APIs as contracts: OpenAPI documents, what is wrong with them, and what breaks clients."""
