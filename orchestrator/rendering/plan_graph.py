"""The plan as a drawing of boxes and arrows, measured here so that the page needs no program."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.rendering.markdown import cut, line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.rendering.report_lines import TaskLine

_WIDTH, _LINE, _PAD = 204, 17, 11
_GAP_X, _GAP_Y, _EDGE = 52, 16, 6
_LETTERS, _ROWS = 27, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One task; all numbers are pixels."""

    task: TaskLine
    x: int
    y: int
    height: int
    rows: tuple[str, ...]
    """The title, broken into lines that fit."""

    width: int = _WIDTH

    @property
    def text_x(self) -> int:
        """Where each line of text begins."""
        return self.x + _PAD + 4

    def row_y(self, row: int) -> int:
        """Return the base line of a row of text; the last one names the agent."""
        return self.y + _PAD + 12 + row * _LINE

    @property
    def middle(self) -> int:
        """Half way down."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The whole drawing."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]
    """SVG path data, from each task to those that wait for it."""


def graph_of(tasks: Sequence[TaskLine]) -> Graph | None:
    """Return the drawing, `None` when there is nothing to draw."""
    columns = [[_rows(task) for task in column] for column in columns_of(tasks)]
    if not columns:
        return None
    heights = [[_height(rows) for _, rows in column] for column in columns]
    tall = max(sum(column) + _GAP_Y * (len(column) - 1) for column in heights)
    boxes: dict[int, Box] = {}
    for number, (column, sizes) in enumerate(zip(columns, heights, strict=True)):
        y = _EDGE + (tall - sum(sizes) - _GAP_Y * (len(sizes) - 1)) // 2
        for (task, rows), height in zip(column, sizes, strict=True):
            x = _EDGE + number * (_WIDTH + _GAP_X)
            boxes[task.id] = Box(task=task, x=x, y=y, height=height, rows=rows)
            y += height + _GAP_Y
    return Graph(
        width=2 * _EDGE + len(columns) * (_WIDTH + _GAP_X) - _GAP_X,
        height=2 * _EDGE + tall,
        boxes=tuple(boxes.values()),
        arrows=tuple(_arrows(boxes)),
    )


def columns_of(tasks: Sequence[TaskLine]) -> tuple[tuple[TaskLine, ...], ...]:
    """Return the tasks by depth in the plan, each column after those it waits for; fixes last."""
    depth: dict[int, int] = {}
    for task in sorted(tasks, key=lambda task: not task.is_planned):
        if not task.is_planned:
            last = max((depth[other.id] for other in tasks if other.is_planned), default=-1)
            depth[task.id] = last + 1
            continue
        before = [depth[other] for other in task.dependencies if other in depth]
        depth[task.id] = 1 + max(before, default=-1)
    return tuple(
        tuple(task for task in tasks if depth[task.id] == level)
        for level in range(1 + max(depth.values(), default=-1))
    )


def _rows(task: TaskLine) -> tuple[TaskLine, tuple[str, ...]]:
    title = f"{task.id}. {line(cut(task.title, 200))}"
    return task, tuple(textwrap.wrap(title, _LETTERS, max_lines=_ROWS, placeholder=" …"))


def _height(rows: Sequence[str]) -> int:
    return 2 * _PAD + _LINE * (len(rows) + 1) - 3


def _arrows(boxes: Mapping[int, Box]) -> list[str]:
    paths = []
    for box in boxes.values():
        for number in box.task.dependencies:
            if number not in boxes:
                continue
            before = boxes[number]
            begin, end = before.x + _WIDTH, box.x - 3
            bend = (begin + end) // 2
            paths.append(
                f"M{begin} {before.middle} C{bend} {before.middle} {bend} {box.middle} "
                f"{end} {box.middle}"
            )
    return paths
