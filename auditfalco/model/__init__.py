"""Facts without behaviour: locations, events, processes, containers."""
