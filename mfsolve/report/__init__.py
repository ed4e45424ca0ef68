"""Reports for people: rows of estimates, tables and figures."""
