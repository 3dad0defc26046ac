"""Where the value of every field comes from, or why it cannot be had.

What a field is made of is written here once and shown by ``auditfalco fields``; what it means stands in the catalogue.
A field has sources exactly if the binder binds it, and a reason exactly if not.
"""

from __future__ import annotations

from enum import Enum


class Source(Enum):
    """What facts come from; the value is how help names it."""

    STAMP = "audit time stamp"
    SYSCALL = "audit SYSCALL"
    URINGOP = "audit URINGOP"
    PATH = "audit PATH"
    CWD = "audit CWD"
    EXECVE = "audit EXECVE"
    FCAPS = "audit BPRM_FCAPS"
    SOCKADDR = "audit SOCKADDR"
    RECORDS = "audit records of the call"
    CONNECTOR = "process connector"
    CMDLINE = "procfs cmdline"
    COMM = "procfs comm"
    EXE = "procfs exe"
    CWD_LINK = "procfs cwd"
    STAT = "procfs stat"
    STATUS = "procfs status"
    LOGIN = "procfs loginuid"
    ENVIRON = "procfs environ"
    LIMITS = "procfs limits"
    FD = "procfs fd"
    CGROUP = "procfs cgroup"
    MOUNTS = "procfs mountinfo"
    NET = "procfs net"
    INODE = "inode of the file"
    PASSWD = "/etc/passwd"
    GROUP = "/etc/group"
    SERVICES = "/etc/services"
    ENGINE = "state files of container engines"
    TABLE = "table of event types"
    SEEN = "earlier events"
    HOSTNAME = "host name"
    CONSTANT = "constant"


_S = Source
_PROGRAM_NAME = (_S.SYSCALL, _S.CONNECTOR, _S.COMM)
_VECTOR = (_S.EXECVE, _S.CMDLINE)
_PROGRAM = (_S.SYSCALL, _S.PATH, _S.EXE)
_ABOVE = (_S.CONNECTOR, _S.SYSCALL, _S.STAT)
_GROUP_OF = (_S.CONNECTOR, _S.SYSCALL, _S.STATUS)
_SESSION = (_S.CONNECTOR, _S.SYSCALL, _S.STAT)
_OPEN_FILE = (_S.RECORDS, _S.SEEN, _S.FD)
_FILE_OF = (_S.PATH, _S.SEEN, _S.FD, _S.INODE)
_SOCKET = (_S.SOCKADDR, _S.SEEN, _S.FD, _S.NET)
_CONTAINER = (_S.CGROUP, _S.ENGINE)

_SERVED: tuple[tuple[tuple[Source, ...], str], ...] = (
    (
        (_S.STAMP,),
        "evt.time evt.time.s evt.time.iso8601 evt.datetime evt.datetime.s evt.outputtime evt.rawtime evt.rawtime.s"
        " evt.rawtime.ns evt.around",
    ),
    (
        (_S.STAMP, _S.SEEN),
        "evt.reltime evt.reltime.s evt.reltime.ns evt.deltatime evt.deltatime.s evt.deltatime.ns",
    ),
    ((_S.SEEN,), "evt.num util.cnt"),
    (
        (_S.CONSTANT,),
        "evt.latency evt.latency.s evt.latency.ns evt.latency.quantized evt.latency.human evt.wait_latency evt.source"
        " evt.count",
    ),
    ((_S.SYSCALL,), "evt.type evt.type.is syscall.type evt.res evt.rawres evt.failed evt.count.error"),
    (
        (_S.SYSCALL, _S.TABLE),
        "evt.dir evt.is_async evt.asynctype evt.count.exit evt.count.procinfo evt.count.threadinfo evt.is_io"
        " evt.is_io_read evt.is_io_write evt.io_dir evt.is_wait",
    ),
    (
        (_S.SYSCALL, _S.TABLE, *_OPEN_FILE),
        "evt.category evt.is_syslog evt.count.error.file evt.count.error.net evt.count.error.memory"
        " evt.count.error.other evt.buflen evt.buflen.in evt.buflen.out evt.buflen.file evt.buflen.file.in"
        " evt.buflen.file.out evt.buflen.net evt.buflen.net.in evt.buflen.net.out",
    ),
    ((_S.URINGOP,), "evt.is_io_uring"),
    ((_S.CONSTANT,), "evt.sensors"),
    ((_S.SYSCALL,), "evt.is_32bit"),
    ((_S.PATH,), "fd.is_block_device"),
    ((_S.HOSTNAME,), "evt.hostname"),
    ((_S.RECORDS, _S.SEEN, _S.FD, _S.PASSWD, _S.GROUP), "evt.args evt.arg evt.rawarg evt.info"),
    ((_S.RECORDS,), "evt.is_open_read evt.is_open_write evt.is_open_exec evt.is_open_create"),
    ((_S.PATH, _S.CWD, _S.SEEN, _S.FD), "evt.abspath"),
    (
        (_S.PATH, _S.CWD, _S.SEEN, _S.FD),
        "fs.path.name fs.path.nameraw fs.path.source fs.path.sourceraw fs.path.target fs.path.targetraw",
    ),
    (_VECTOR, "proc.exe proc.args proc.cmdnargs proc.cmdlenargs proc.exeline"),
    ((*_VECTOR, *_ABOVE), "proc.pexe proc.aexe proc.aargs"),
    (_PROGRAM, "proc.exepath"),
    ((*_PROGRAM, *_ABOVE), "proc.pexepath proc.aexepath"),
    (_PROGRAM_NAME, "proc.name"),
    ((*_PROGRAM_NAME, _S.STAT), "proc.pname proc.aname proc.loginshellid"),
    ((*_PROGRAM_NAME, *_VECTOR), "proc.cmdline"),
    ((*_PROGRAM_NAME, *_VECTOR, _S.STAT), "proc.pcmdline proc.acmdline"),
    ((_S.ENVIRON,), "proc.env proc.aenv"),
    ((_S.CWD, _S.CWD_LINK), "proc.cwd"),
    (
        (_S.PATH, _S.INODE),
        "proc.is_exe_writable proc.exe_ino proc.exe_ino.ctime proc.exe_ino.mtime",
    ),
    ((_S.MOUNTS, _S.INODE), "proc.is_exe_upper_layer proc.is_exe_lower_layer"),
    ((_S.SYSCALL, _S.EXE), "proc.is_exe_from_memfd"),
    ((_S.INODE, _S.CONNECTOR, _S.STAT), "proc.exe_ino.ctime_duration_proc_start"),
    ((_S.INODE, *_CONTAINER), "proc.exe_ino.ctime_duration_pidns_start"),
    ((_S.SYSCALL,), "proc.pid thread.tid"),
    (_ABOVE, "proc.ppid proc.apid"),
    ((_S.STATUS,), "proc.vpid proc.pvpid thread.vtid"),
    (_SESSION, "proc.sid proc.is_sid_leader"),
    ((*_SESSION, *_PROGRAM_NAME), "proc.sname"),
    ((*_SESSION, *_VECTOR), "proc.sid.exe"),
    ((*_SESSION, *_PROGRAM), "proc.sid.exepath"),
    (_GROUP_OF, "proc.pgid proc.vpgid proc.is_pgid_leader proc.is_vpgid_leader"),
    ((*_GROUP_OF, *_PROGRAM_NAME), "proc.pgid.name proc.vpgid.name"),
    ((*_GROUP_OF, *_VECTOR), "proc.pgid.exe proc.vpgid.exe"),
    ((*_GROUP_OF, *_PROGRAM), "proc.pgid.exepath proc.vpgid.exepath"),
    ((_S.SYSCALL, _S.STAT), "proc.tty"),
    (
        (_S.CONNECTOR, _S.STAT),
        "proc.duration proc.ppid.duration proc.pid.ts proc.ppid.ts",
    ),
    (_CONTAINER, "proc.pidns_init_start_ts"),
    ((_S.FD,), "proc.fdopencount"),
    ((_S.LIMITS,), "proc.fdlimit"),
    ((_S.FD, _S.LIMITS), "proc.fdusage"),
    (
        (_S.STATUS,),
        "proc.vmsize proc.vmrss proc.vmswap proc.nthreads proc.nchilds thread.vmsize thread.vmrss thread.vmsize.b"
        " thread.vmrss.b thread.ismain",
    ),
    ((_S.STAT,), "thread.pfmajor thread.pfminor"),
    (
        (_S.FD, _S.SEEN),
        "proc.stdin.type proc.stdout.type proc.stderr.type proc.stdin.name proc.stdout.name proc.stderr.name",
    ),
    (_PROGRAM_NAME, "thread.nametid"),
    ((_S.FCAPS, _S.RECORDS, _S.STATUS), "thread.cap_permitted thread.cap_inheritable thread.cap_effective"),
    ((_S.CGROUP,), "thread.cgroups thread.cgroup"),
    ((_S.SYSCALL, _S.STATUS), "user.uid group.gid"),
    ((_S.SYSCALL, _S.STATUS, _S.PASSWD), "user.name user.homedir user.shell"),
    ((_S.SYSCALL, _S.STATUS, _S.GROUP), "group.name"),
    ((_S.SYSCALL, _S.LOGIN), "user.loginuid"),
    ((_S.SYSCALL, _S.LOGIN, _S.PASSWD), "user.loginname"),
    ((_S.SYSCALL,), "fd.num fd.name_changed fd.uid"),
    (_OPEN_FILE, "fd.type fd.typechar"),
    (
        (*_OPEN_FILE, _S.CWD, _S.SOCKADDR, _S.NET),
        "fd.name fd.nameraw fd.directory fd.filename",
    ),
    ((*_OPEN_FILE, _S.CGROUP), "fd.containername fd.containerdirectory"),
    (_FILE_OF, "fd.dev fd.dev.major fd.dev.minor fd.ino"),
    ((_S.MOUNTS, _S.INODE), "fd.is_upper_layer fd.is_lower_layer"),
    ((_S.SEEN, _S.FD), "fd.types"),
    (
        _SOCKET,
        "fd.ip fd.cip fd.sip fd.lip fd.rip fd.port fd.cport fd.sport fd.lport fd.rport fd.net fd.cnet fd.snet fd.lnet"
        " fd.rnet fd.l4proto fd.sockfamily fd.is_server fd.connected",
    ),
    (_SOCKET, "fd.cproto fd.sproto fd.lproto fd.rproto"),
    ((*_SOCKET, _S.SERVICES), "fd.proto"),
    ((_S.CGROUP,), "container.id container.full_id container.type"),
    (
        _CONTAINER,
        "container.name container.image container.image.id container.image.repository container.image.tag"
        " container.image.digest container.privileged container.host_pid container.host_network container.host_ipc"
        " container.start_ts container.duration container.ip container.label container.labels container.mounts"
        " container.mount container.mount.source container.mount.dest container.mount.mode container.mount.rdwr"
        " container.mount.propagation container.cni.json k8s.pod.name k8s.ns.name k8s.pod.uid k8s.pod.id"
        " k8s.pod.sandbox_id k8s.pod.full_sandbox_id k8s.pod.ip k8s.pod.cni.json k8s.pod.label k8s.pod.labels",
    ),
)

_NO_PLUGIN = "events come from the kernel here, none from a plugin"
_NOT_ANY_MORE = "Falco itself sets it no more"
_NO_ANSWERS = "names of addresses are in DNS answers, which no audit record shows"
_POLLED = "the polled descriptors are behind a pointer, which no audit record follows"
_NO_SLICES = "audit has no events of the scheduler"

_UNSERVED: tuple[tuple[str, str], ...] = (
    ("no audit record tells the processor", "evt.cpu"),
    ("no audit record carries the data of a call", "evt.buffer"),
    (_NO_PLUGIN, "evt.pluginname evt.plugininfo"),
    (
        "no audit record tells of Docker's own events, and Falco has none any more",
        "evt.infra.docker.name evt.infra.docker.container.id evt.infra.docker.container.name"
        " evt.infra.docker.container.image",
    ),
    (_NO_ANSWERS, "fd.cip.name fd.sip.name fd.lip.name fd.rip.name"),
    (_POLLED, "fdlist.nums fdlist.names fdlist.cips fdlist.sips fdlist.cports fdlist.sports"),
    (_NO_SLICES, "thread.exectime thread.totexectime"),
    (
        "processor time is not sampled: Falco has it from events that it makes only on request",
        "thread.cpu thread.cpu.user thread.cpu.system",
    ),
    (
        _NOT_ANY_MORE,
        "container.healthcheck container.liveness_probe container.readiness_probe proc.is_container_healthcheck"
        " proc.is_container_liveness_probe proc.is_container_readiness_probe k8s.ns.id k8s.ns.labels k8s.ns.label"
        " k8s.rc.name k8s.rc.id k8s.rc.labels k8s.rc.label k8s.svc.name k8s.svc.id k8s.svc.labels k8s.svc.label"
        " k8s.rs.name k8s.rs.id k8s.rs.labels k8s.rs.label k8s.deployment.name k8s.deployment.id"
        " k8s.deployment.labels k8s.deployment.label",
    ),
)

SOURCES: dict[str, tuple[Source, ...]] = {
    name: tuple(dict.fromkeys(sources)) for sources, names in _SERVED for name in names.split()
}
"""What each field that has a value is made of, the first source first."""

REASONS: dict[str, str] = {name: reason for reason, names in _UNSERVED for name in names.split()}
"""Why each of the other fields never has one."""
