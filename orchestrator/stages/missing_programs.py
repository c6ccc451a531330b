"""Where a missing program comes from: the step of a workflow that brings it."""

from __future__ import annotations

import re

_STEPS = {
    "actions/setup-node": ("node", "npm", "npx", "yarn", "pnpm", "corepack"),
    "actions/setup-python": ("python", "python3", "pip", "pip3", "pytest", "tox", "nox"),
    "actions/setup-go": ("go", "gofmt"),
    "actions/setup-java": ("java", "javac", "mvn", "gradle"),
    "actions/setup-dotnet": ("dotnet",),
    "ruby/setup-ruby": ("ruby", "bundle", "bundler", "gem", "rake", "rspec"),
    "shivammathur/setup-php": ("php", "composer", "phpunit"),
    "dtolnay/rust-toolchain": ("cargo", "rustc", "rustfmt"),
    "oven-sh/setup-bun": ("bun", "bunx"),
    "denoland/setup-deno": ("deno",),
    "astral-sh/setup-uv": ("uv", "uvx"),
    "snok/install-poetry": ("poetry",),
}
_STEP_OF = {program: step for step, programs in _STEPS.items() for program in programs}
_NAMES = (
    re.compile(r"(?:^|[\s:])(?P<name>[\w./+-]+): (?:command )?not found\b"),
    re.compile(r"(?P<name>[\w./+-]+): No such file or directory"),
    re.compile(r"spawn (?P<name>[\w./+-]+) ENOENT"),
    re.compile(r"No such file or directory: '(?P<name>[^']+)'"),
    re.compile(r"exec: \"(?P<name>[^\"]+)\": executable file not found"),
    re.compile(r"'(?P<name>[\w./+-]+)' is not recognized"),
    re.compile(r"There is no program '(?P<name>[^']+)'"),
)


def missing_program(line: str) -> str | None:
    """Return the name of the program that a shell or a tool did not find."""
    found = (pattern.search(line) for pattern in _NAMES)
    name = next((match["name"] for match in found if match), None)
    return None if name is None else name.rsplit("/", 1)[-1]


def where_from(line: str) -> str:
    """Return what brings the missing program that a line of output names."""
    name = missing_program(line)
    if name is None:
        return (
            "Correct the command under `project.commands` in .github/orchestrator.yml, or bring "
            "what it needs in a step before this action"
        )
    step = _STEP_OF.get(name)
    if step is None:
        return (
            f"Bring `{name}` in a step before this action or name an image that has it in "
            "`project.image`; a program of the project itself comes with "
            "`project.commands.setup`. Or correct the command under `project.commands`"
        )
    return (
        f"`{name}` comes with `uses: {step}`, as a step before this action, or name an image that "
        "has it in `project.image`. Or correct the command under `project.commands`"
    )
