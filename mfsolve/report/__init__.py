"""What people read: estimates, tables, figures."""
