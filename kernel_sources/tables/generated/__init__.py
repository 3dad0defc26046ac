"""Tables written by ``contrib/generate_tables.py``, one module each, all of the form ``NAMES: dict[int, str]``."""
