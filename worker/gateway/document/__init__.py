"""The OpenAPI document, and what it says of a refused value."""
