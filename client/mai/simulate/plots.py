"""The plots of a simulated economy, as SVG. Matplotlib is the extra `plot`."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mai.errors import MaiError
from mai.money import UNITS_PER_MAI
from mai.program import difficulty as bounds
from mai.simulate import rules
from mai.simulate.assumptions import CLASSES
from mai.simulate.economy import DAY_S, Economy
from mai.simulate.population import DAYS_A_YEAR
from mai.simulate.strategies import FAMILIES, LOWEST_RATE, Strategy, strategies

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE: Any = {
    "font.size": 10, "axes.grid": True, "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False,
    "figure.constrained_layout.use": True, "svg.hashsalt": "mai", "lines.linewidth": 1.6, "legend.frameon": False,
}  # fmt: skip
WEEK = 7
MILLION = 1e6 * UNITS_PER_MAI


def check_available() -> None:
    """Raises:
    MaiError: matplotlib is not installed.
    """
    try:
        import matplotlib as _  # noqa: F401
    except ImportError as error:
        raise MaiError("plots need matplotlib: pip install 'mai[plot]'") from error


def draw(run: Economy) -> dict[str, bytes]:
    """Every plot by file name; the same bytes every time with the same matplotlib."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    mpl.use("Agg")
    made: dict[str, Callable[[], Figure]] = {
        "supply": lambda: supply(run),
        "rewards": lambda: rewards(run),
        "difficulty": lambda: difficulty(run),
        "strategies": lambda: cheats(strategies(run.assumed)),
    }
    found = {}
    with mpl.rc_context(STYLE):
        for name, make in made.items():
            figure, out = make(), io.BytesIO()
            figure.savefig(out, format="svg", metadata={"Date": None})
            plt.close(figure)
            found[f"{name}.svg"] = out.getvalue()
    return found


def _weekly(values: Sequence[float]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Years, and the means of weeks."""
    weeks = len(values) // WEEK
    means = np.array(values[: weeks * WEEK], dtype=float).reshape(weeks, WEEK).mean(axis=1)
    return (np.arange(weeks) + 0.5) * WEEK / DAYS_A_YEAR, means


def supply(run: Economy) -> Figure:
    """Supply, what was minted and burned, and the most that the caps allow."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5))
    minted = np.cumsum(np.array([value / MILLION for value in run.minted]))
    burned = np.cumsum(np.array([(a + b) / MILLION for a, b in zip(run.fees_burned, run.slash_burned, strict=True)]))
    epochs = range(run.days * DAY_S // rules.EPOCH_S + 2)
    ends = np.array([epoch * rules.EPOCH_S / DAY_S / DAYS_A_YEAR for epoch in epochs])
    caps = np.concatenate([[0.0], np.cumsum([rules.cap_of_epoch(epoch) / MILLION for epoch in epochs])[:-1]])
    axes.plot(*_weekly([value / MILLION for value in run.supply]), color="C0", label="supply", linewidth=2.2)
    axes.plot(*_weekly(list(minted)), color="C2", label="minted, in all")
    axes.plot(*_weekly(list(burned)), color="C3", label="burned, in all")
    axes.plot(ends, caps, color="C2", linestyle=":", label="sum of the epochs' caps")
    axes.set_xlim(0, run.days / DAYS_A_YEAR)
    axes.set_ylim(0)
    axes.set_xlabel("years since the opening")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylabel("million MAI")
    axes.legend(loc="upper left")
    return figure


def rewards(run: Economy) -> Figure:
    """What a device of each class earns a day."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5))
    for place, name in reversed(list(enumerate(CLASSES))):
        axes.plot(
            *_weekly([float(day[place]) / UNITS_PER_MAI for day in run.device_reward]), color=f"C{place}", label=name,
            linestyle="--" if place % 2 else "-",
        )  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.set_xlim(0, run.days / DAYS_A_YEAR)
    axes.set_xlabel("years since the opening")
    axes.set_ylabel("MAI a device-day, mean of the week")
    figure.legend(loc="outside right upper")
    return figure


def difficulty(run: Economy) -> Figure:
    """Multiplier, sampling ratio, task difficulty, and the hours in which the cap cut rewards."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(4, 1, figsize=(9, 9), sharex=True)
    drawn: list[tuple[str, list[int], int, int]] = [
        ("reward multiplier", run.multiplier, bounds.LOWEST_MULTIPLIER, bounds.HIGHEST_MULTIPLIER),
        ("sampling ratio", run.sampling, bounds.LOWEST_SAMPLING, bounds.HIGHEST_SAMPLING),
        ("task difficulty", run.difficulty, bounds.LOWEST_DIFFICULTY, bounds.HIGHEST_DIFFICULTY),
    ]
    years = np.arange(run.days) / DAYS_A_YEAR
    for axes, (title, values, lowest, highest) in zip(panels, drawn, strict=False):
        axes.plot(years, np.array([value / rules.ONE for value in values]), color="C0", linewidth=1.2)
        for bound in (lowest, highest):
            axes.axhline(int(bound) / rules.ONE, color="0.4", linestyle="--", linewidth=1)
        axes.set_ylabel(title)
    panels[0].set_yscale("log")
    panels[0].yaxis.set_major_formatter("{x:g}")
    panels[0].set_title("dashed: bounds", loc="right", fontsize=9, color="0.3")
    panels[3].plot(*_weekly([float(hours) for hours in run.unpaid_hours]), color="C3", linewidth=1.2)
    panels[3].set_ylabel("hours a day in which\nthe cap cut rewards")
    panels[3].set_ylim(0, 24.5)
    panels[3].set_yticks([0, 6, 12, 18, 24])
    panels[3].set_xlim(0, run.days / DAYS_A_YEAR)
    panels[3].set_xlabel("years since the opening")
    figure.align_ylabels()
    return figure


def cheats(all_of_them: list[Strategy]) -> Figure:
    """What each strategy that can be detected gains, with its break-even and the default marked."""
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    figure, grid = plt.subplots(4, 1, figsize=(9, 12))
    for axes, family in zip(grid.flat, FAMILIES, strict=True):
        for place, one in enumerate(one for one in all_of_them if one.family == family and one.rate):
            _curve(axes, one, f"C{place}")
        axes.axhline(0, color="0.2", linewidth=1)
        axes.set_xscale("log")
        axes.set_yscale("symlog", linthresh=1, linscale=1)
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.set_xlim(1e-3, 1.15)
        axes.set_xticks([1e-3, 1e-2, 1e-1, 1], ["0.1 %", "1 %", "10 %", "100 %"])
        axes.set_title(family, loc="left")
        axes.set_ylabel("gain over honesty, in\n" + _scale(family))
        axes.legend(loc="center left", bbox_to_anchor=(1.04, 0.5), fontsize=9)
    grid.flat[-1].set_xlabel("detection rate")
    marks = [
        Line2D([], [], color="0.3", marker="o", linestyle="", label="at the default parameters"),
        Line2D([], [], color="0.3", marker="D", fillstyle="none", linestyle="", label="cheating pays below this rate"),
    ]
    figure.legend(handles=marks, loc="outside upper right", ncols=2)
    return figure


def _scale(family: str) -> str:
    return {"fake hardware": "honest incomes", "Sybils": "rewards or incomes"}.get(family, "what the cheat saves")


def _curve(axes: Axes, one: Strategy, color: str) -> None:
    rates = np.geomspace(1e-3, 1.0, 200)
    gains = np.array([(one.cheat(float(rate)) - one.honest) / one.scale for rate in rates])
    axes.plot(rates, gains, color=color, label=_folded(one.name))
    axes.plot([one.rate or 0.0], [one.gain / one.scale], "o", color=color, markersize=7)
    even = one.break_even()
    if even is not None and even > LOWEST_RATE:
        axes.plot([even], [0], "D", color=color, fillstyle="none", markersize=8, markeredgewidth=1.8)


def _folded(text: str, width: int = 34) -> str:
    """A label on as many lines as it needs."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
