"""Facts from the Linux kernel, as a library: audit records, fanotify events, /proc and the process connector.

Nothing here knows of rules, alerts or Falco.
"""
