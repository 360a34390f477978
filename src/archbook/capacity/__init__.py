"""Capacity: how much a design carries, how fast it answers, and what breaks first."""

from archbook.capacity.answers import answer
from archbook.capacity.estimating import curve, estimate
from archbook.capacity.estimating import remedies_at as remedies
from archbook.capacity.flow import Plan, plan
from archbook.capacity.headroom import Headroom, headroom
from archbook.capacity.result import Estimate

__all__ = ["Estimate", "Headroom", "Plan", "answer", "curve", "estimate", "headroom", "plan", "remedies"]
