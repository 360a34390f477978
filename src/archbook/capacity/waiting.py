"""Erlang C and the mean wait of M/G/c for whole arrays at once; the same formulas as in `formulas`."""

from __future__ import annotations

from typing import Any

import numpy as np

from archbook.capacity.formulas import loss, variability

_NEVER = 36.0  # −ln of a probability of waiting that counts as none
_FEW, _LONG = 40, 5000


def waits_of(load: Any, servers: Any, holding_s: Any, scv: Any) -> tuple[Any, Any, Any]:
    """Probability of waiting, mean wait (s) and its variance (s²) of M/G/c queues.

    load: offered load in erlangs. servers: 0 where no limit is known (no wait). Saturated entries wait for ever.
    """
    full = (servers > 0) & ~(load < servers)
    utilisation = np.where((servers > 0) & ~full, load / np.maximum(servers, 1), 0.0)
    quiet = servers * (utilisation - 1 - np.log(np.maximum(utilisation, 1e-300))) > _NEVER
    some = np.nonzero((utilisation > 0) & ~quiet)
    waits, mean = np.where(full, 1.0, 0.0), np.where(full, np.inf, 0.0)
    variance = mean.copy()
    if len(some[0]):
        a, c, rho = load[some], servers[some], utilisation[some]
        lost = _lost(a, c)
        probability = lost / (1 - rho * (1 - lost))
        wait = probability * holding_s[some] / (c - a) * variability(c, rho, scv[some])
        waits[some], mean[some] = probability, wait
        variance[some] = np.maximum(2 * wait * wait / probability - wait * wait, 0.0)
    return waits, mean, variance


def _lost(load: Any, servers: Any) -> Any:
    """Erlang B by its series: many entries at once; few, or those with very many servers, one by one."""
    if len(load) <= _FEW or servers.max() > _LONG:
        return np.array([loss(int(c), a) for a, c in zip(load.tolist(), servers.tolist(), strict=True)])
    found, left = np.empty_like(load), np.arange(len(load))
    total, term, free = np.ones_like(load), np.ones_like(load), servers.copy()
    for step in range(int(servers.max())):
        term = np.minimum(term * (np.maximum(free, 0.0) / load), 1e290)
        total += term
        free -= 1
        if step % 8 == 7 and (done := term <= 1e-16 * total).any():
            found[left[done]] = total[done]
            left, total, term, free, load = (part[~done] for part in (left, total, term, free, load))
            if not len(left):
                break
    found[left] = total
    return 1 / found
