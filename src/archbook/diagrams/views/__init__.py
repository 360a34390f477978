"""The views: each file holds one `VIEW`, found by `archbook.diagrams.views`."""
