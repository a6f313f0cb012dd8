"""What operators do: each act is one transaction of a control record and an audit record."""
