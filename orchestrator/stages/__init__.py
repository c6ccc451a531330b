"""The story: intake, pre-flight, analysis, plan, implementation, testing, review, publish."""
