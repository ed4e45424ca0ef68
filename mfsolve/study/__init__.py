"""Studies: one TOML file each, read, planned, executed and stored.

`file` reads a study, `statistics` says what it reports, `execution` carries out its tasks, `storage` keeps what they
drew, `origin` says which code and libraries drew it, and `audit` whether an experiment keeps what all of them rely on.
"""
