"""Ordered review passes over a change."""
