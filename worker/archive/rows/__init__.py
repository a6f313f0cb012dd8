"""Records to rows: what each table holds, and how a record becomes a row of it."""
