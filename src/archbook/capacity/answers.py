"""The sentence that comes first: what breaks, at which load, and what would help."""

from __future__ import annotations

from collections.abc import Sequence

from archbook.capacity.result import Estimate, Remedy
from archbook.units import show_factor, show_rate, show_share

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

REACH = ("reaches", "reach", "")
COMFORTABLY = ("carries", "carry", " with at most 85 % utilisation")


def answer(estimate: Estimate) -> str:
    """What the estimate says, in two or three short sentences; one more where its inputs are uncertain."""
    ranges = estimate.ranges if estimate.requests_per_s else None
    return " ".join([_likely(estimate), *([ranges.answer] if ranges else [])])


def _likely(estimate: Estimate) -> str:
    load = f"At {show_factor(estimate.growth)} today's peak ({show_rate(estimate.requests_per_s)})"
    if estimate.growth == 1:
        load = f"At today's peak ({show_rate(estimate.requests_per_s)})"
    if not estimate.requests_per_s:
        return "Nothing arrives: no journey of the design makes a request."
    target = max(estimate.growth, estimate.target_growth)
    over = [b for b in estimate.breaks if b.at <= estimate.growth]
    if over:
        rest = _remedy(estimate.remedies, target, over[0].element) + _missed(estimate)
        return f"{load} {_saturated(estimate)} {rest}".strip()
    first = estimate.breaks[0] if estimate.breaks else None
    if first is None:
        return f"{load} nothing saturates, and no limit is known for what is in the way."
    if first.at < target:
        rest = _remedy(estimate.remedies, target, first.element) + _missed(estimate)
        return f"{load} nothing saturates; {_first(estimate)}. {rest}".strip()
    rest = _remedy(estimate.remedies, target, "", COMFORTABLY) + _missed(estimate)
    return f"{load} nothing saturates{_busiest(estimate)}; {_first(estimate)}. {rest}".strip()


def _first(estimate: Estimate) -> str:
    """What saturates first, and what saturates even before it, waiting for it."""
    first, waiting = estimate.breaks[0], min(estimate.breaks, key=lambda b: b.at)
    sooner = f" ({waiting.element}, which waits for it, at {show_factor(waiting.at)})"
    return f"{first.element} is the first to, at {show_factor(first.at)}" + sooner * (waiting.at < 0.98 * first.at)


def _saturated(estimate: Estimate) -> str:
    over = [b for b in estimate.breaks if b.at <= estimate.growth]
    first, others = over[0], len(over) - 1
    if estimate.elements[first.element].kind == "external":
        sentence = f"{first.element} is asked more than its rate limit allows, from {show_factor(first.at)} on"
    else:
        sentence = f"{first.element} saturates; it holds to {show_factor(first.at)}"
        sooner = min(b.at for b in over)
        sentence += f", what waits for it to {show_factor(sooner)}" * (sooner < 0.98 * first.at)
    if others:
        more = over[1].element if others == 1 else f"{_word(others)} others"
        sentence += f"; {more} saturate{'s' if others == 1 else ''} too"
    return sentence + "."


def _busiest(estimate: Estimate) -> str:
    limited = [e for e in estimate.elements.values() if e.servers]
    if not limited:
        return ""
    busiest = max(limited, key=lambda e: e.utilisation)
    return f" ({busiest.name} is busiest, at {show_share(busiest.utilisation)})"


def _remedy(changes: Sequence[Remedy], target: float, first: str, verbs: tuple[str, str, str] = REACH) -> str:
    """What reaches `target`: up to three changes by name, the largest first. first: the element just spoken of."""
    one, many, end = verbs
    ours = sorted((c for c in changes if c.what != "rate_limit"), key=lambda c: (c.now - c.needed, c.element))
    sentences = []
    if len(ours) > 3:
        parts = [f"{change.element} {change.now} → {change.needed} {change.what}" for change in ours[:3]]
        sentences.append(
            f"{_capital(_word(len(ours)))} changes {many} {show_factor(target)}{end}: {', '.join(parts)} …"
        )
    elif ours:
        parts, noun = [], ""
        for change in ours:
            of = "" if len(ours) == 1 and change.element == first else f" of {change.element}"
            parts.append(_more(change, noun) + of)
            noun = change.what
        listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
        verb = one if len(ours) == 1 and _one(ours[0]) else many
        sentences.append(_capital(f"{listed} {verb} {show_factor(target)}{end}."))
    theirs = [change for change in changes if change.what == "rate_limit"]
    sentences += [f"{c.element} must allow {show_rate(c.needed)} for {show_factor(target)}." for c in theirs]
    return " ".join(sentences)


def _missed(estimate: Estimate) -> str:
    """What the remedies do not mend: promised percentiles."""
    many = len(estimate.missed_after_remedies)
    if not many:
        return ""
    who = "endpoint still misses its" if many == 1 else "endpoints still miss their"
    return f" {_capital(_word(many))} {who} promised p95 then."


def _more(change: Remedy, said: str) -> str:
    """ "two more instances", or only "two" where the noun has just been said."""
    count = _word(change.needed - change.now)
    noun = "instance" if change.what == "instances" else "server"
    return count if said == change.what else f"{count} more {noun}{'' if _one(change) else 's'}"


def _one(change: Remedy) -> bool:
    return change.needed - change.now == 1


def _word(count: int) -> str:
    return _WORDS[count] if count < len(_WORDS) else f"{count:,}".replace(",", "\u202f")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
