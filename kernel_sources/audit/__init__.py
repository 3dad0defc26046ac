"""The kernel's audit subsystem: records and what they say, the sockets they come from, the rules that cause them."""
