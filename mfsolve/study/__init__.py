"""One study = one TOML file: read, planned, executed, stored."""
