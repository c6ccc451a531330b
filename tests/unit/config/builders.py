"""Small repositories in memory, and short ways to load and to be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.config.loading import Loaded, load_settings
from orchestrator.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.config.inheritance import Fetch
    from orchestrator.config.inputs import Inputs

OWN = ".github/orchestrator.yml"


class FixedFiles:
    """Files that are what they were given as."""

    def __init__(self, texts: Mapping[str, str | bytes]) -> None:
        self.asked: set[str] = set()
        self._contents = {
            path: text if isinstance(text, bytes) else text.encode() for path, text in texts.items()
        }

    def read(self, path: str) -> bytes | None:
        self.asked.add(path)
        return self._contents.get(path)


def load(
    own: str | bytes | None = None,
    *,
    others: Mapping[str, str | bytes] | None = None,
    home: Mapping[str, str | bytes] | None = None,
    config_path: str | None = None,
    inputs: Inputs | None = None,
    fetch: Fetch | None = None,
) -> Loaded:
    """Load the settings of a repository with `own` as its configuration."""
    texts = {**({} if own is None else {OWN: own}), **(others or {})}
    return load_settings(
        FixedFiles(texts),
        tracked_paths=tuple(texts),
        config_path=config_path,
        home=None if home is None else FixedFiles(home),
        fetch=fetch,
        **({} if inputs is None else {"inputs": inputs}),
    )


def refused(call: Callable[[], object]) -> ConfigError:
    """Return the error that a call ends with."""
    with pytest.raises(ConfigError) as caught:
        call()
    return caught.value
