"""The files a run leaves behind, all of them written from its record alone."""

from __future__ import annotations


