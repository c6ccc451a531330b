"""Wires everything once: the only place that sees all settings and builds the windows."""
