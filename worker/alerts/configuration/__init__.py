"""The file of rules, routes and receivers: typed, and refused with line and suggestion."""
