"""The portfolio's covariance against skfolio's, which is asked in an environment of its own."""
