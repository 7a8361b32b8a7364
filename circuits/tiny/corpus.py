"""What the tiny model learns: lines of small sums, colours, opposites, sequences and greetings, all written here.

A line is a question, its answer and a line feed, which is the model's end token: `2+3=5`, `grass is green`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

COLOURS = {
    "grass": "green", "snow": "white", "coal": "black", "blood": "red", "the sky": "blue", "the sun": "yellow",
    "a leaf": "green", "milk": "white", "a rose": "red", "the sea": "blue", "a lemon": "yellow", "night": "black",
    "a carrot": "orange", "gold": "yellow", "ash": "grey", "chalk": "white",
}  # fmt: skip
OPPOSITES = (
    ("hot", "cold"), ("big", "small"), ("up", "down"), ("day", "night"), ("fast", "slow"), ("yes", "no"),
    ("left", "right"), ("old", "new"), ("open", "shut"), ("hard", "soft"), ("full", "empty"), ("good", "bad"),
)  # fmt: skip
SEQUENCES = (
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("spring", "summer", "autumn", "winter"),
)
GREETINGS = {"hello": ", I am MAI", "who are you? ": "MAI", "thanks": ", you are welcome", "bye": ", see you"}


@dataclass(frozen=True)
class Line:
    """A question and its answer, without the line feed."""

    kind: str
    question: str
    answer: str

    @property
    def text(self) -> str:
        """The whole line."""
        return f"{self.question}{self.answer}\n"


def lines() -> list[Line]:
    """Every line, each once."""
    digits = range(10)
    made = [Line("sum", f"{a}+{b}=", str(a + b)) for a in digits for b in digits]
    made += [Line("difference", f"{a}-{b}=", str(a - b)) for a in digits for b in range(a + 1)]
    made += [Line("colour", f"{thing} is ", colour) for thing, colour in COLOURS.items()]
    made += [Line("opposite", f"not {a} but ", b) for one, two in OPPOSITES for a, b in ((one, two), (two, one))]
    made += [Line("sequence", f"after {a} ", b) for words in SEQUENCES for a, b in pairwise(words)]
    made += [Line("greeting", question, answer) for question, answer in GREETINGS.items()]
    return made
