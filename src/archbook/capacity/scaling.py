"""The universal scalability law: how throughput grows with concurrency, fitted to measurements."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares  # type: ignore[import-untyped]

from archbook.capacity.formulas import checked, listed
from archbook.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ScalabilityFit:
    """X(N) = γN / (1 + σ(N − 1) + κN(N − 1)); a standard error is NaN where `note` says that none holds."""

    sigma: float  # contention: the serial share of the work
    kappa: float  # coherence: what each pair costs
    gamma: float  # throughput at concurrency 1
    sigma_error: float
    kappa_error: float
    gamma_error: float  # 0 where gamma was fixed
    peak_concurrency: float | None  # None: throughput never falls (κ = 0)
    peak_throughput: float | None
    limit_throughput: float | None  # γ/σ, which contention alone would allow; None: no limit (σ = 0)
    note: str  # which γ was used, and which standard errors do not hold

    def __str__(self) -> str:
        parts = [f"σ = {self.sigma:.3g} ± {self.sigma_error:.1g}, κ = {self.kappa:.3g} ± {self.kappa_error:.1g}"]
        if self.peak_concurrency and self.peak_throughput:
            parts.append(f"peak of {self.peak_throughput:.4g} at concurrency {self.peak_concurrency:.3g}")
        else:
            parts.append("no peak: throughput never falls")
        return "; ".join([*parts, self.note])


def usl_fit(concurrency: Iterable[float], throughput: Iterable[float], fix_gamma: bool = False) -> ScalabilityFit:
    """Coefficients of the universal scalability law by least squares, with standard errors, peak and limit.

    Peak at √((1 − σ)/κ). σ in 0..1 and κ at least 0; a standard error needs a coefficient inside its bounds and more
    measurements than coefficients. fix_gamma: take γ from the measurements at concurrency 1 instead of fitting it,
    which moves the peak: give the choice with the result. Errors are taken as independent and of one size.
    Raises InvalidInput for fewer different concurrencies than coefficients.
    Source: Gunther, Guerrilla Capacity Planning (2007), chapters 4 to 6.

    >>> fit = usl_fit([1, 18, 36, 72, 108, 144, 216], [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775, 1702.2])
    >>> round(fit.sigma, 7), round(fit.kappa, 7), round(fit.gamma, 3), round(fit.peak_concurrency, 1)
    (0.0277285, 0.0001044, 89.995, 96.5)
    """
    number = np.array([checked("concurrency", n, least=1) for n in listed("concurrency", concurrency)])
    rate = np.array([checked("throughput", x, above=0) for x in listed("throughput", throughput)])
    if len(number) != len(rate):
        raise InvalidInput(f"`concurrency` has {len(number)} values and `throughput` {len(rate)}; give one for each")
    fixed = None
    if fix_gamma:
        if not (number == 1).any():
            raise InvalidInput("`concurrency` has no 1, from which `fix_gamma` takes γ; measure it, or fit γ")
        fixed = float(rate[number == 1].mean())
        number, rate = number[number > 1], rate[number > 1]
    needed = 2 if fix_gamma else 3
    if len(set(number)) < needed:
        above = " above 1" if fix_gamma else ""
        raise InvalidInput(f"`concurrency` has {len(set(number))} different values{above}; it takes at least {needed}")
    return _fitted(number, rate, fixed)


def _fitted(number: Any, rate: Any, fixed: float | None) -> ScalabilityFit:
    most = number.max()
    terms = np.column_stack(((number - 1) / most, number * (number - 1) / most**2))
    scale = np.array([1 / most, 1 / most**2])

    def at(coefficients: Any) -> tuple[float, Any]:
        shape = number / (1 + terms @ coefficients)
        return fixed if fixed is not None else float(shape @ rate / (shape @ shape)), shape

    def misfit(free: Any, inside: list[int]) -> Any:
        coefficients = np.zeros(2)
        coefficients[inside] = free
        gamma, shape = at(coefficients)
        return (gamma * shape - rate) / rate.max()

    best, cost = np.zeros(2), float((misfit(np.zeros(0), []) ** 2).sum())
    for inside in ([0], [1], [0, 1]):  # a coefficient that is 0 is exactly 0
        highest = np.array([most, np.inf])[inside]
        tight = {"jac": "3-point", "xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
        for start in (0.1, 10.0):
            first = np.minimum(np.full(len(inside), start), highest / 2)
            found = least_squares(misfit, first, bounds=(0, highest), args=(inside,), **tight)
            if 2 * found.cost < cost * (1 - 1e-9):
                cost, best = 2 * found.cost, np.zeros(2)
                best[inside] = found.x
    gamma, shape = at(best)
    sigma, kappa = (float(part) for part in best * scale)
    slopes = np.column_stack(
        (-gamma * shape**2 / number * terms[:, 0], -gamma * shape**2 / number * terms[:, 1], shape)
    )
    free = [0 < sigma < 1, kappa > 0, fixed is None]
    errors = _errors(slopes, gamma * shape - rate, np.array(free)) * np.append(scale, 1)
    peak = max(1.0, math.sqrt((1 - sigma) / kappa)) if kappa else None
    return ScalabilityFit(
        sigma=sigma,
        kappa=kappa,
        gamma=gamma,
        sigma_error=float(errors[0]),
        kappa_error=float(errors[1]),
        gamma_error=0.0 if fixed is not None else float(errors[2]),
        peak_concurrency=peak,
        peak_throughput=peak and gamma * peak / (1 + sigma * (peak - 1) + kappa * peak * (peak - 1)),
        limit_throughput=gamma / sigma if sigma else None,
        note=_note(gamma, fixed is not None, free, bool(np.isnan(errors[np.array(free)]).any())),
    )


def _errors(slopes: Any, residuals: Any, free: Any) -> Any:
    """Standard errors of the free coefficients from the linearised least squares; NaN for the others."""
    errors = np.full(3, np.nan)
    spare = len(residuals) - int(free.sum())
    if spare > 0:
        spread = residuals @ residuals / spare
        errors[free] = np.sqrt(np.diag(np.linalg.pinv(slopes[:, free].T @ slopes[:, free])) * spread)
    return errors


def _note(gamma: float, fixed: bool, free: list[bool], unknown: bool) -> str:
    note = f"γ = {gamma:.4g} is " + ("measured at concurrency 1 and was held" if fixed else "fitted with σ and κ")
    bound = [name for name, inside in zip("σκ", free, strict=False) if not inside]
    if bound:
        note += f"; {' and '.join(bound)} ended on a bound, where no standard error holds"
    return note + ("; as many coefficients as measurements: no standard errors" if unknown else "")
