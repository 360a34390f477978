"""A plan for a thousand times."""

from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_factor, significant

MOST = 100.0


def dreaming(subject: Subject) -> Hits:
    """A design that is made for more than a hundred times today's load."""
    traffic = subject.design.traffic
    if traffic.growth > MOST:
        users = significant(traffic.daily_active_users * traffic.growth)
        cost = [str(subject.grown.cost)] if subject.grown and subject.grown.cost.lines else []
        yield Hit(
            "growth",
            f"the design is made for {show_factor(traffic.growth)} today's load: {users} users a day",
            "traffic.growth: `10`, and a decision that says at which load the next step is thought about",
            ("traffic", "growth"),
            tuple(cost),
        )


RULE = Rule(
    id="growth-beyond-hundred",
    severity="medium",
    principle=1,
    why="Nobody knows what the product will be by then: what is built for it today is slower to change, dearer each "
    "month, and wrong",
    remedy="Design for ten times, and rewrite before a hundred.",
    references=("Dean, Designs, Lessons and Advice from Building Large Distributed Systems", "Fowler: Yagni"),
    check=dreaming,
    fires="traffic: {daily_active_users: 864, growth: 1000}",
    quiet="traffic: {daily_active_users: 8640, growth: 100}",
)
