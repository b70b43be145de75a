"""The roof: the only room that wires things together."""
