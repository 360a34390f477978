"""The reference service: the API of a design, answered on generated rows, with the guards that the design declares."""
