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
