"""An audit's verdict for people (text, a page) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mai.audit.findings import Level, Result, Verdict
from mai.money import format_mai

TEMPLATE = "report.html.j2"


def word(result: Result) -> str:
    """What came of a check, in a word or two."""
    if result.skipped is not None:
        return result.skipped
    lies, notices = result.number(Level.lie), result.number(Level.notice)
    if lies:
        return f"{lies:,} {'lie' if lies == 1 else 'lies'}"
    if notices:
        return f"{notices:,} {'notice' if notices == 1 else 'notices'}"
    return "holds" if result.checked else "nothing to check"


def headline(verdict: Verdict) -> str:
    """The verdict in a sentence."""
    figures = verdict.figures
    paid = figures["works paid"]
    seen = f"{figures['transactions']:,} transactions, {paid:,} {'work' if paid == 1 else 'works'} paid"
    if verdict.lies:
        return f"{verdict.lies:,} {'lie' if verdict.lies == 1 else 'lies'} found in {seen}."
    return f"No lie found in {seen}."


def facts(verdict: Verdict) -> dict[str, str]:
    """What was recomputed, for people."""
    figures = verdict.figures
    return {
        "source": verdict.source,
        "program": verdict.program,
        "transactions": f"{figures['transactions']:,} ({figures['failed']:,} of them failed and changed nothing)",
        "instructions run again": f"{figures['instructions']:,}",
        "supply, recomputed": f"{format_mai(figures['supply'])} MAI",
        "until": f"slot {figures['last slot']:,}, {_when(figures['last time'])}",
        "took": f"{verdict.seconds:,.1f} s",
    }


def lines(verdict: Verdict) -> Iterator[str]:
    """The whole report as text."""
    yield headline(verdict)
    yield ""
    for name, value in facts(verdict).items():
        yield f"{name:<24}{value}"
    yield ""
    for result in verdict.results:
        yield f"{result.name:<12}{word(result):<18}{result.checked:>10,} compared"
        for text, count in sorted(result.trusted.items()):
            yield f"{'':<12}believed {count:,} times: {text}"
        for finding in result.findings:
            mark = "!" if finding.level is Level.lie else "·"
            yield f"{'':<12}{mark} {finding.sentence}"
        left = sum(result.counts.values()) - len(result.findings)
        if left:
            yield f"{'':<12}  and {left:,} more of this check"


def as_json(verdict: Verdict) -> dict[str, Any]:
    """For programs; amounts in base units."""
    return {
        "clean": verdict.lies == 0,
        "lies": verdict.lies,
        "notices": verdict.notices,
        "source": verdict.source,
        "program": verdict.program,
        "figures": {name.replace(" ", "_"): value for name, value in verdict.figures.items()},
        "seconds": round(verdict.seconds, 3),
        "checks": [
            {
                "name": result.name,
                "result": word(result),
                "proves": result.proves,
                "trusts": result.trusts,
                "compared": result.checked,
                "believed": dict(result.trusted),
                "counts": {f"{lie} ({level})": count for (lie, level), count in result.counts.items()},
                "findings": [finding.as_json() for finding in result.findings],
            }
            for result in verdict.results
        ],
    }


def page(verdict: Verdict) -> str:
    """A page of its own: no script, nothing from elsewhere, and nothing of the chain read as markup."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template(TEMPLATE).render(
        verdict=verdict, headline=headline(verdict), facts=facts(verdict), word=word, lie=Level.lie,
        tone=lambda result: "bad" if result.number(Level.lie) else "fine" if result.checked else "none",
    )  # fmt: skip


def _when(ts: int) -> str:
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M UTC")
