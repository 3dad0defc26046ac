"""What `auditfalco doctor` says of a machine, and `auditfalco run` at its start: checks, each with its mend."""
