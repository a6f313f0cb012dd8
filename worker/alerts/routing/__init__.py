"""From alerts to messages: routes, groups, silences, inhibition, quiet hours, escalation; pure, as the rules are."""
