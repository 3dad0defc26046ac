"""The machine as facts: what its kernel has, what we may, what others have set up. Looking changes nothing."""
