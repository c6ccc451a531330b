"""What models name is looked up in the repository itself before their words are published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.event import MentionsResolved, RequirementsWritten
from orchestrator.domain.requirements import TechnicalRequirements
from orchestrator.stages.mentions import resolve_mentions
from tests.end_to_end import project
from tests.end_to_end.play import requirements
from tests.unit.stages.test_publish import a_commit

if TYPE_CHECKING:
    from tests.unit.stages.house import Furnish, House


def _say(house: House, text: str) -> None:
    told = {**requirements().tools[0].input, "summary": text}
    written = TechnicalRequirements.model_validate(told)
    house.journal.write(RequirementsWritten(requirements=written))


def _looks(house: House) -> int:
    return sum(
        '"mentions_resolved"' in line
        for line in house.journal.path.read_text(encoding="utf-8").splitlines()
    )


def test_resolve_mentions__knows_files_and_commits_of_the_base(furnish: Furnish) -> None:
    """A file or commit that is there is on record as there, whatever else is named beside it."""
    house = furnish()
    base = house.base.commit
    _say(house, f"See {project.SOURCE}, nope.py, {base[:12]} and deadbee1. `test_nope` passes.")

    resolve_mentions(house.context)

    found = house.journal.record.mentions
    assert found == MentionsResolved(commit=base, known=(project.SOURCE,))


def test_resolve_mentions__looks_again_only_for_something_new(furnish: Furnish) -> None:
    """The journal grows by a look only where that look finds something else."""
    house = furnish()
    _say(house, "Nothing is named here.")
    resolve_mentions(house.context)
    assert _looks(house) == 0

    _say(house, f"{project.SOURCE} is named, and README.md.")
    resolve_mentions(house.context)
    resolve_mentions(house.context)

    assert _looks(house) == 1


def test_resolve_mentions__takes_a_slash_for_a_path_only_where_it_begins_like_one(
    furnish: Furnish,
) -> None:
    """A branch or a package is no claim about the tree; a folder that is not in it is one."""
    house = furnish()
    top = project.TESTS.partition("/")[0]
    _say(house, f"See `{top}/`, `{top}/nowhere`, `origin/main` and `lodash/get`.")

    resolve_mentions(house.context)

    found = house.journal.record.mentions
    assert found is not None
    assert set(found.known) == {f"{top}/", "origin/main", "lodash/get"}


def test_resolve_mentions__knows_a_test_by_its_whole_name(furnish: Furnish) -> None:
    """A test stands in a changed file; half of its name is none, and parameters are not there."""
    house = furnish()
    a_commit(house, "def test_loud_greeting(name): ...")
    _say(house, "note.txt::test_loud_greeting[a::b] passes, and note.txt::test_loud passes.")

    resolve_mentions(house.context)

    found = house.journal.record.mentions
    assert found is not None
    assert [text for text in found.known if "::" in text] == ["note.txt::test_loud_greeting[a::b]"]
