"""The portfolio as decisions tell it: positions, orders, equity and returns at a step of event time."""
