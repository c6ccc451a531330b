#!/opt/orchestrator/venv/bin/python -IB
"""The action's post-entrypoint, which the runner starts without words."""

import sys

from orchestrator.cli import main

if __name__ == "__main__":
    sys.exit(main(["tidy"]))
