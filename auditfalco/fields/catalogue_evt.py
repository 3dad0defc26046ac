"""The fields of the event itself, and of the paths that a call acts on."""

from __future__ import annotations

from auditfalco.fields.field import ArgumentForm, Field

_TIMES = (
    Field("evt.time", "CHARBUF", "local time of day, HH:MM:SS and nanoseconds; in JSON nanoseconds since the epoch"),
    Field("evt.time.s", "CHARBUF", "local time of day to the second, HH:MM:SS; in JSON nanoseconds since the epoch"),
    Field(
        "evt.time.iso8601",
        "CHARBUF",
        "date and time in UTC, ISO 8601 with nanoseconds; in JSON nanoseconds since the epoch",
    ),
    Field("evt.datetime", "CHARBUF", "local date and time with nanoseconds; in JSON nanoseconds since the epoch"),
    Field("evt.datetime.s", "CHARBUF", "local date and time to the second; in JSON nanoseconds since the epoch"),
    Field("evt.rawtime", "ABSTIME", "time of the event in nanoseconds since the epoch"),
    Field("evt.rawtime.s", "ABSTIME", "time of the event in whole seconds since the epoch"),
    Field("evt.rawtime.ns", "ABSTIME", "nanoseconds past the last whole second of the event's time"),
    Field("evt.reltime", "RELTIME", "nanoseconds between the first event that was seen and this one"),
    Field("evt.reltime.s", "RELTIME", "whole seconds between the first event that was seen and this one"),
    Field("evt.reltime.ns", "RELTIME", "what evt.reltime has beyond its whole seconds, in nanoseconds"),
    Field(
        "evt.deltatime",
        "RELTIME",
        "nanoseconds since the event for which this check or line read it before; 0 for the first",
    ),
    Field("evt.deltatime.s", "RELTIME", "whole seconds of what evt.deltatime is here"),
    Field("evt.deltatime.ns", "RELTIME", "what evt.deltatime has beyond its whole seconds, in nanoseconds"),
    Field(
        "evt.outputtime",
        "CHARBUF",
        "time as the configuration wants it shown; output lines only",
        filterable=False,
        listed=False,
    ),
    Field(
        "evt.latency", "RELTIME", "how long the call took; always 0, as calls are seen once they end", deprecated=True
    ),
    Field("evt.latency.s", "RELTIME", "whole seconds of evt.latency; always 0", deprecated=True),
    Field("evt.latency.ns", "RELTIME", "nanoseconds of evt.latency; always 0", deprecated=True),
    Field("evt.latency.quantized", "UINT64", "logarithm of evt.latency; always 0", deprecated=True, listed=False),
    Field("evt.latency.human", "CHARBUF", "evt.latency as text; always 0ns", deprecated=True),
    Field("evt.wait_latency", "RELTIME", "how long the call waited; always 0", deprecated=True),
    Field(
        "evt.around",
        "UINT64",
        "for evt.around[T] = D: whether the event lies within D milliseconds of the time T, given in nanoseconds",
        ArgumentForm.INDEX,
        argument_required=True,
        printable=False,
        transformable=False,
        rhs_ok=False,
    ),
)

_KIND = (
    Field("evt.num", "UINT64", "number of the event in this run, from 1"),
    Field("evt.type", "CHARBUF", "name of the event, as openat; only compares with names of events that exist"),
    Field(
        "evt.type.is",
        "UINT32",
        "1 when the event has the name after the dot, else 0",
        ArgumentForm.DOTTED_KEY,
        argument_required=True,
    ),
    Field("syscall.type", "CHARBUF", "name of the system call; absent for events that are none"),
    Field(
        "evt.category",
        "CHARBUF",
        "kind of the event (file, net, process, memory, …); of reads and writes, that of what is read or written",
    ),
    Field(
        "evt.dir",
        "CHARBUF",
        "< for every system call, as calls are seen once they end; > for some other events",
        deprecated=True,
    ),
    Field("evt.cpu", "INT16", "processor on which the event happened"),
    Field("evt.source", "CHARBUF", "where events of this kind come from; syscall for all of the system's"),
    Field("evt.hostname", "CHARBUF", "name of the host, or what FALCO_HOSTNAME says"),
    Field("evt.is_async", "BOOL", "whether the event was made asynchronously to what happens on the system"),
    Field("evt.asynctype", "CHARBUF", "kind of an asynchronous event; absent for others"),
    Field("evt.pluginname", "CHARBUF", "plugin that the event came from; absent for the system's events"),
    Field("evt.plugininfo", "CHARBUF", "what the plugin says of the event; absent for the system's events"),
    Field("evt.count", "UINT32", "1, for sums"),
    Field("evt.count.exit", "UINT32", "1 for the end of a call; absent for the begin of one"),
    Field("evt.count.procinfo", "UINT32", "1 for a summary of a process", listed=False),
    Field("evt.count.threadinfo", "UINT32", "1 for a summary of a thread", listed=False),
    Field("util.cnt", "UINT64", "for how many events the field has been read here, this one included", listed=False),
)

_RESULTS = (
    Field("evt.res", "CHARBUF", "SUCCESS, or the name of the error as ENOENT; absent for events without a result"),
    Field(
        "evt.rawres",
        "INT64",
        "what the call returned; absent for events without a result; 0 for an io_uring operation that was carried out,"
        " with whatever outcome, unless its records show that it failed",
    ),
    Field("evt.failed", "BOOL", "whether the call returned an error; absent for events without a result"),
    Field("evt.count.error", "UINT32", "1 for a failed call, 0 for another; absent for events without a result"),
    Field("evt.count.error.file", "UINT32", "evt.count.error of calls on files; absent for others"),
    Field("evt.count.error.net", "UINT32", "evt.count.error of calls on the network; absent for others"),
    Field("evt.count.error.memory", "UINT32", "evt.count.error of calls on memory; absent for others"),
    Field("evt.count.error.other", "UINT32", "evt.count.error of calls on nothing of that; absent for others"),
)

_ARGUMENTS = (
    Field(
        "evt.args", "CHARBUF", "all arguments as name=value, with their meaning in parentheses; empty without arguments"
    ),
    Field(
        "evt.arg",
        "CHARBUF",
        "one argument as text: its meaning (flag names, error name, path) if it has one; absent if the event lacks it"
        " or the record cannot tell it (fifth and sixth arguments, what is behind a pointer, a name that mkdir found"
        " taken or unlink did not find, and which of two names is which when neither was found)",
        ArgumentForm.DOTTED_OR_INDEX,
        argument_required=True,
    ),
    Field(
        "evt.rawarg",
        "DYNAMIC",
        "one argument by name, as the number or text that it is",
        ArgumentForm.DOTTED_KEY,
        argument_required=True,
        transformable=False,
        rhs_ok=False,
    ),
    Field("evt.info", "CHARBUF", "the same as evt.args"),
    Field("evt.buffer", "BYTEBUF", "the bytes that were read or written; audit does not have them, so always absent"),
    Field(
        "evt.buflen",
        "UINT64",
        "number of bytes read or written, as the call returned it; absent for failures and other calls",
    ),
    Field(
        "evt.abspath",
        "CHARBUF",
        "absolute path that a call with a directory descriptor acts on; .src and .dst for calls with two",
        ArgumentForm.DOTTED_KEY,
    ),
)

_DATA = (
    Field("evt.is_io", "BOOL", "whether the call reads from or writes to a descriptor"),
    Field("evt.is_io_read", "BOOL", "whether the call reads from a descriptor"),
    Field("evt.is_io_write", "BOOL", "whether the call writes to a descriptor"),
    Field("evt.io_dir", "CHARBUF", "read or write; absent for other calls"),
    Field("evt.is_wait", "BOOL", "whether the call may wait, as poll and nanosleep do"),
    Field("evt.is_syslog", "BOOL", "whether the call writes to /dev/log"),
    Field(
        "evt.is_open_read",
        "BOOL",
        "whether the call opens for reading, successful or not; false for other calls; true for an open by io_uring"
        " whose descriptor could not be looked at in time",
    ),
    Field(
        "evt.is_open_write",
        "BOOL",
        "whether the call opens for writing, successful or not; false for other calls; true for an open by io_uring"
        " whose descriptor could not be looked at in time",
    ),
    Field("evt.is_open_exec", "BOOL", "whether the call asks to create an executable file; false for other calls"),
    Field("evt.is_open_create", "BOOL", "whether the call created a file by opening it; false for other calls"),
    *(
        Field(f"evt.buflen.{part}", "UINT64", f"evt.buflen of calls that {verb}; absent for others", listed=False)
        for part, verb in (
            ("in", "read"),
            ("out", "write"),
            ("file", "read or write files"),
            ("file.in", "read files"),
            ("file.out", "write files"),
            ("net", "receive or send"),
            ("net.in", "receive"),
            ("net.out", "send"),
        )
    ),
    *(
        Field(f"evt.infra.docker.{part}", "CHARBUF", f"{what} of an event of Docker's; always absent", listed=False)
        for part, what in (
            ("name", "name"),
            ("container.id", "container's identifier"),
            ("container.name", "container's name"),
            ("container.image", "container's image"),
        )
    ),
)

_PATHS = (
    Field(
        "fs.path.name",
        "CHARBUF",
        "path that a successful call acts on, absolute; given too for calls that Falco knows by name alone, such as"
        " truncate, setxattr and fchmodat2; absent where the directory that it counts from is unknown",
    ),
    Field("fs.path.nameraw", "CHARBUF", "path that a successful call acts on, as it was passed"),
    Field(
        "fs.path.source",
        "CHARBUF",
        "source of a rename or mount, the new name of a link or symlink, absolute; successful calls only",
    ),
    Field("fs.path.sourceraw", "CHARBUF", "what fs.path.source is, as it was passed"),
    Field(
        "fs.path.target",
        "CHARBUF",
        "target of a rename or mount, what a link or symlink points to, absolute; successful calls only",
    ),
    Field("fs.path.targetraw", "CHARBUF", "what fs.path.target is, as it was passed"),
)

FIELDS: tuple[Field, ...] = (*_KIND, *_TIMES, *_RESULTS, *_ARGUMENTS, *_DATA, *_PATHS)
