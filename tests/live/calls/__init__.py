"""The table of calls: what one system call with known arguments must look like as an event.

``calls.c`` makes the calls, one an act. The modules beside this one say for each act what Falco would say of it; an
argument that no source on the host tells is listed as absent. ``performance`` runs the acts under the agent.
"""
