"""The gate: execs are stopped, looked at without a race, and let go on. Off unless it is asked for.

Whoever answers nothing holds up everything on the marked file systems. So the agent itself answers nothing: a process
of its own does (`responder`), whatever the agent does, within a bound, whatever /proc does. A second process
(`watchdog`) kills it when it no longer gives signs of life, upon which the kernel lets everybody go. When the agent or
the watchdog is gone or silent, the responder takes its marks away and ends.
"""
