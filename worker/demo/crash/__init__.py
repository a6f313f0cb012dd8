"""The demo's market crash: a fleet beside the portfolio's risk monitor, and what its limits do to every worker."""
