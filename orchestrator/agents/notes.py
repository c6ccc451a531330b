"""What the loop itself says to an agent: protocol words, not prompts.

Each is said at most a few times, in a user message after the tool results.
"""

from __future__ import annotations


def unfinished(submit_name: str) -> str:
    """Say that a turn without a tool call does not end the work."""
    return (
        f"Your work ends only with a tool call: {submit_name} with the result, or Stop with the"
        " reason. Go on with the next step, or call one of them now."
    )


def cut_off() -> str:
    """Say that the reply was too long."""
    return (
        "Your reply was cut off at the output limit, and nothing of it was run. Go on in smaller"
        " steps: write a long file in parts, and one part in each turn."
    )


def not_run() -> str:
    """Say why a call of a reply that was cut off has no result."""
    return "Not run: the reply was cut off before it was complete."


def ended() -> str:
    """Say why a call of a reply that did not ask for results has none."""
    return "Not run: the reply ended the turn instead of asking for results. Call again."


def in_circles(reason: str) -> str:
    """Say what goes in circles, the first time."""
    return (
        f"You are going in circles: {reason}. Repeating it will not help. Name to yourself what"
        " you know and what you assumed, try another way, or call Stop with what you found."
    )


def wrap_up(submit_name: str) -> str:
    """Say that most of the time, turns or money is used."""
    return (
        "Four fifths of what this work may take is used. Bring it to an end now: finish what is"
        f" begun, check it once, then call {submit_name}, and say there what is left undone."
    )


def too_long(submit_name: str) -> str:
    """Say that the conversation has to end, and ask for what the next one needs to know."""
    return (
        "This conversation has become too long; the work goes on in a fresh one, in the same"
        f" worktree. Do not call {submit_name} or any other tool now. Write down, for whoever"
        " goes on: what is done, what you found out (paths, names, commands and their results),"
        " what is left, and what did not work."
    )


def left_behind(*, changed: tuple[str, ...], latest: tuple[str, ...], words: str) -> str:
    """Say what an attempt without a result has done, for a fresh one that has nothing of it."""
    parts = [f"It had changed: {', '.join(changed)}."] if changed else []
    if latest:
        parts.append("Its latest calls:\n" + "\n".join(f"- {call}" for call in latest))
    if words:
        parts.append(f"Its last words, unchecked:\n{words}")
    return "\n".join(parts)


def taken_over(why: str, *, changed: tuple[str, ...], latest: tuple[str, ...], words: str) -> str:
    """Say what an earlier conversation about the same work has done."""
    parts = [f"# This work was begun before you: {why}"]
    if changed or latest:
        files = ", ".join(changed) or "none"
        parts.append(
            "Its changes are in your worktree; look before you change them again."
            f" Files it changed: {files}."
        )
    if latest:
        parts.append("Its latest calls:\n" + "\n".join(f"- {call}" for call in latest))
    if words:
        quoted = "\n".join(f"> {line}" for line in words.splitlines())
        parts.append(f"Its last words, unchecked:\n{quoted}")
    parts.append("Do not do again what is done; check it where you build on it, and go on.")
    return "\n\n".join(parts)
