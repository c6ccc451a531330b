"""Turn an issue into a tested, reviewed draft pull request."""

__version__ = "0.1.0"
