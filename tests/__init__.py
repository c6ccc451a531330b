"""The tests of the orchestrator, by kind: unit, contract, end to end, architecture."""
