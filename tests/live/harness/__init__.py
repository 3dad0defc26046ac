"""What the live tests stand on: a login uid of their own, a Docker daemon, terminals, C programs, the agent as a child.

Nothing in here knows the product beyond its command line. Everything that is started is ended again, by the process
id that starting it gave or by the session's own login uid; nothing is ever ended by name.
"""
