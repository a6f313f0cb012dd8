"""Whether a strategy decides alike everywhere and says what can be followed: played in many ways, compared by bytes."""
