"""Reading a repository's manifests: how is this project set up, tested and checked?"""

from orchestrator.config.detection.choosing import Detected, Finding, detect

__all__ = ["Detected", "Finding", "detect"]
