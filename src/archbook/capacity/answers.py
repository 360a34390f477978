"""The sentence that comes first: what breaks, at which load, and what would help."""

from __future__ import annotations

from archbook.capacity.result import Estimate, Remedy
from archbook.units import show_factor, show_rate, show_share

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def answer(estimate: Estimate) -> str:
    """What the estimate says, in two or three short sentences."""
    load = f"At {show_factor(estimate.growth)} today's peak ({show_rate(estimate.requests_per_s)})"
    if estimate.growth == 1:
        load = f"At today's peak ({show_rate(estimate.requests_per_s)})"
    if not estimate.requests_per_s:
        return "Nothing arrives: no journey of the design makes a request."
    target = max(estimate.growth, estimate.target_growth)
    over = [b for b in estimate.breaks if b.at <= estimate.growth]
    if over:
        return f"{load} {_saturated(estimate)} {_remedy(estimate.remedies, target)}".strip()
    first = estimate.breaks[0] if estimate.breaks else None
    if first is None:
        return f"{load} nothing saturates, and no limit is known for what is in the way."
    if first.at < target:
        rest = _remedy(estimate.remedies, target)
        return f"{load} nothing saturates; {first.element} is the first to, at {show_factor(first.at)}. {rest}".strip()
    return f"{load} nothing saturates{_busiest(estimate)}; {first.element} is the first to, at {show_factor(first.at)}."


def _saturated(estimate: Estimate) -> str:
    over = [b for b in estimate.breaks if b.at <= estimate.growth]
    first, others = over[0], len(over) - 1
    if estimate.elements[first.element].kind == "external":
        sentence = f"{first.element} is asked more than its rate limit allows, from {show_factor(first.at)} on"
    else:
        sentence = f"{first.element} saturates; it holds to {show_factor(first.at)}"
    if others:
        more = over[1].element if others == 1 else f"{_word(others)} others"
        sentence += f", and {more} saturate{'s' if others == 1 else ''} too"
    return sentence + "."


def _busiest(estimate: Estimate) -> str:
    limited = [e for e in estimate.elements.values() if e.servers]
    if not limited:
        return ""
    busiest = max(limited, key=lambda e: e.utilisation)
    return f" ({busiest.name} is busiest, at {show_share(busiest.utilisation)})"


def _remedy(changes: tuple[Remedy, ...], target: float) -> str:
    """What reaches `target`: at most three changes by name, the largest first."""
    ours = sorted((c for c in changes if c.what != "rate_limit"), key=lambda c: (c.now - c.needed, c.element))
    theirs = [c for c in changes if c.what == "rate_limit"]
    sentences = []
    if len(ours) == 1:
        sentences.append(_capital(f"{_more(ours[0])} reach{'es' if _one(ours[0]) else ''} {show_factor(target)}."))
    elif len(ours) <= 3 and ours:
        parts = [f"{_more(change)} of {change.element}" for change in ours]
        sentences.append(_capital(f"{', '.join(parts[:-1])} and {parts[-1]} reach {show_factor(target)}."))
    elif ours:
        parts = [f"{change.element} {change.now} → {change.needed} {change.what}" for change in ours[:3]]
        sentences.append(f"{_capital(_word(len(ours)))} changes reach {show_factor(target)}: {', '.join(parts)} …")
    sentences += [f"{c.element} must allow {show_rate(c.needed)} for {show_factor(target)}." for c in theirs]
    return " ".join(sentences)


def _more(change: Remedy) -> str:
    noun = "instance" if change.what == "instances" else "server"
    return f"{_word(change.needed - change.now)} more {noun}{'' if _one(change) else 's'}"


def _one(change: Remedy) -> bool:
    return change.needed - change.now == 1


def _word(count: int) -> str:
    return _WORDS[count] if count < len(_WORDS) else f"{count:,}".replace(",", "\u202f")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
