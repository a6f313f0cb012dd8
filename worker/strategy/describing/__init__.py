"""From a source to a definition: found, checked by the lint, laid out; nothing of it has run at a bar."""
