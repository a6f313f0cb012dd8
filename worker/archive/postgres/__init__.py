"""PostgreSQL: rows by COPY and positions in one transaction."""
