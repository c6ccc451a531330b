"""Nouns: pure types that every room shares; nothing here touches the world."""
