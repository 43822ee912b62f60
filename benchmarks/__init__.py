"""Measurements of this library beside its peer."""
