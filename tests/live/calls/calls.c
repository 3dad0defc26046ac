/*
 * One system call at a time, with known arguments:   calls ACT DIRECTORY
 *
 * Prepares what the act needs in DIRECTORY, makes exactly one call between two calls of sched_yield, and prints the
 * facts as one JSON object: act, pid, result, error, and what the act learnt by other means (fstat, getsockname, ...).
 * Some acts wait for a line on standard input before they end.
 * A program that the act starts is this one again, with the act "done", which does nothing but wait.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#ifdef __i386__ /* the calls that carry the wide numbers there; x86-64 has one for both */
#define SYS_CHOWN SYS_chown32
#define SYS_LCHOWN SYS_lchown32
#define SYS_FCHOWN SYS_fchown32
#define SYS_SETUID SYS_setuid32
#define SYS_SETGID SYS_setgid32
#define SYS_SETREUID SYS_setreuid32
#define SYS_SETREGID SYS_setregid32
#define SYS_SETRESUID SYS_setresuid32
#define SYS_SETRESGID SYS_setresgid32
#define SYS_FCNTL SYS_fcntl64
#else
#define SYS_CHOWN SYS_chown
#define SYS_LCHOWN SYS_lchown
#define SYS_FCHOWN SYS_fchown
#define SYS_SETUID SYS_setuid
#define SYS_SETGID SYS_setgid
#define SYS_SETREUID SYS_setreuid
#define SYS_SETREGID SYS_setregid
#define SYS_SETRESUID SYS_setresuid
#define SYS_SETRESGID SYS_setresgid
#define SYS_FCNTL SYS_fcntl
#endif

/* ---- facts ---- */

static char told[8192];
static int told_length;
static const char *base;   /* the scratch directory */
static char names[8][512]; /* results of path(), used in turn */
static long result;

static void append(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    told_length += vsnprintf(told + told_length, sizeof told - told_length, format, rest);
    va_end(rest);
}

static void fact(const char *name, long long value) { append(", \"%s\": %lld", name, value); }

static void report(void) {
    append("}\n");
    if (write(1, told, told_length) != told_length)
        _exit(3);
}

static void need(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        _exit(2);
    }
}
#define NEED(condition) need(condition, #condition)

static void mark(void) { syscall(SYS_sched_yield); }

static void outcome(long value) {
    int error = value < 0 ? errno : 0;
    mark();
    result = value;
    fact("result", value);
    fact("error", error);
}

/* The call, and nothing else between the two marks. */
#define ONCE(...) (mark(), outcome(syscall(__VA_ARGS__)))

/* ---- preparations ---- */

static const char *path(const char *name) {
    static int turn;
    char *place = names[turn++ % 8];
    snprintf(place, sizeof names[0], "%s/%s", base, name);
    return place;
}

static int made(const char *name) {
    int fd = open(path(name), O_RDWR | O_CREAT, 0644);
    NEED(fd >= 0);
    NEED(write(fd, "some text", 9) == 9 && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static int directory(const char *name) {
    if (mkdir(path(name), 0755) != 0)
        NEED(errno == EEXIST);
    int fd = open(path(name), O_RDONLY | O_DIRECTORY);
    NEED(fd >= 0);
    return fd;
}

static void about(int fd) { /* what stands behind a descriptor */
    struct stat status;
    NEED(fstat(fd, &status) == 0);
    fact("ino", status.st_ino);
    fact("major", major(status.st_dev));
    fact("minor", minor(status.st_dev));
}

static void own_mounts(void) {
    NEED(unshare(CLONE_NEWNS) == 0);
    NEED(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

static pid_t sleeper(void) { /* a child that waits for a signal */
    pid_t child = fork();
    NEED(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    fact("child", child);
    return child;
}

static int lines; /* standard input, whatever becomes of descriptor 0 */

static void linger(void) { /* until a line comes, so that what only /proc tells can be looked at meanwhile */
    struct pollfd source = {.fd = lines, .events = POLLIN};
    char byte;
    if (poll(&source, 1, 10000) == 1)
        NEED(read(lines, &byte, 1) >= 0);
}

static void end(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* ---- files ---- */

static void act_open(void) {
    ONCE(SYS_open, path("opened"), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    about(result);
}
static void act_open_failing(void) { ONCE(SYS_open, path("missing"), O_WRONLY | O_TRUNC, 0); }
static void act_openat(void) {
    int below = directory("below");
    fact("directory", below);
    ONCE(SYS_openat, below, "opened", O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0600);
    about(result);
}
static void act_openat2(void) {
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
    close(made("present"));
    ONCE(SYS_openat2, AT_FDCWD, "present", &how, sizeof how);
    about(result);
}
static void act_creat(void) {
    ONCE(SYS_creat, path("created"), 0604);
    about(result);
}
static void act_open_by_handle_at(void) {
    static struct {
        struct file_handle head;
        char bytes[128];
    } handle;
    int mount_id;
    int mountfd = directory(".");
    close(made("present"));
    handle.head.handle_bytes = sizeof handle.bytes;
    NEED(name_to_handle_at(AT_FDCWD, path("present"), &handle.head, &mount_id, 0) == 0);
    fact("mountfd", mountfd);
    ONCE(SYS_open_by_handle_at, mountfd, &handle, O_RDWR);
    linger();
    about(result);
}
static void act_mkdir(void) { ONCE(SYS_mkdir, path("new"), 0750); }
static void act_mkdirat(void) {
    int below = directory("below");
    fact("directory", below);
    ONCE(SYS_mkdirat, below, "new", 0700);
}
static void act_rmdir(void) {
    close(directory("gone"));
    ONCE(SYS_rmdir, path("gone"));
}
static void act_unlink(void) {
    close(made("gone"));
    ONCE(SYS_unlink, path("gone"));
}
static void act_unlink_failing(void) { ONCE(SYS_unlink, path("missing")); }
static void act_unlinkat(void) {
    int below = directory("below");
    NEED(mkdir(path("below/gone"), 0700) == 0);
    fact("directory", below);
    ONCE(SYS_unlinkat, below, "gone", AT_REMOVEDIR);
}
static void act_rename(void) {
    close(made("old"));
    ONCE(SYS_rename, path("old"), path("new"));
}
static void act_renameat(void) {
    int from = directory("from"), to = directory("to");
    close(made("from/old"));
    fact("from", from);
    fact("to", to);
    ONCE(SYS_renameat, from, "old", to, "new");
}
static void act_renameat2(void) {
    close(made("old"));
    ONCE(SYS_renameat2, AT_FDCWD, "old", AT_FDCWD, "new", 1 /* RENAME_NOREPLACE */);
}
static void act_link(void) {
    close(made("file"));
    ONCE(SYS_link, path("file"), path("other"));
}
static void act_linkat(void) {
    int below = directory("below");
    close(made("below/file"));
    fact("directory", below);
    ONCE(SYS_linkat, below, "file", AT_FDCWD, "other", 0);
}
static void act_symlink(void) { ONCE(SYS_symlink, "the/target", path("link")); }
static void act_symlinkat(void) {
    int below = directory("below");
    fact("directory", below);
    ONCE(SYS_symlinkat, "../target", below, "link");
}
static void act_chmod(void) {
    close(made("file"));
    ONCE(SYS_chmod, path("file"), 04755);
}
static void act_fchmod(void) {
    int fd = made("file");
    fact("fd", fd);
    ONCE(SYS_fchmod, fd, 0640);
}
static void act_fchmodat(void) {
    int below = directory("below");
    close(made("below/file"));
    fact("directory", below);
    ONCE(SYS_fchmodat, below, "file", 0600);
}
static void act_fchmodat2(void) {
    close(made("file"));
    ONCE(SYS_fchmodat2, AT_FDCWD, path("file"), 0600, AT_SYMLINK_NOFOLLOW);
}
static void act_chown(void) {
    close(made("file"));
    ONCE(SYS_CHOWN, path("file"), 12, 34);
}
static void act_lchown(void) {
    NEED(symlink("nowhere", path("link")) == 0);
    ONCE(SYS_LCHOWN, path("link"), 56, 78);
}
static void act_fchown(void) {
    int fd = made("file");
    fact("fd", fd);
    ONCE(SYS_FCHOWN, fd, -1, 7);
}
static void act_fchownat(void) {
    int below = directory("below");
    close(made("below/file"));
    fact("directory", below);
    ONCE(SYS_fchownat, below, "file", 5, 6, AT_SYMLINK_NOFOLLOW);
}
static void act_mknod(void) { ONCE(SYS_mknod, path("null"), S_IFCHR | 0620, (1 << 8) | 3); }
static void act_mknodat(void) {
    int below = directory("below");
    fact("directory", below);
    ONCE(SYS_mknodat, below, "fifo", S_IFIFO | 0600, 0);
}
static void act_truncate(void) {
    close(made("file"));
    ONCE(SYS_truncate, path("file"), 4);
}
static void act_copy_file_range(void) {
    int from = made("from"), to = made("to");
    fact("in", from);
    fact("out", to);
    ONCE(SYS_copy_file_range, from, NULL, to, NULL, 9L, 0);
}
static void act_splice(void) {
    int ends[2], from = made("from");
    NEED(pipe(ends) == 0);
    fact("in", from);
    fact("out", ends[1]);
    ONCE(SYS_splice, from, NULL, ends[1], NULL, 9L, 1 /* SPLICE_F_MOVE */);
}
static void act_sendfile(void) {
    int from = made("from"), to = made("to");
    fact("in", from);
    fact("out", to);
    ONCE(SYS_sendfile, to, from, NULL, 5L);
}
static void act_mount(void) {
    own_mounts();
    close(directory("place"));
    ONCE(SYS_mount, "memory", path("place"), "tmpfs", MS_NOSUID | MS_NODEV, "size=64k");
}
static void act_mount_bind(void) {
    own_mounts();
    close(directory("place"));
    close(directory("source"));
    ONCE(SYS_mount, path("source"), path("place"), NULL, MS_BIND, NULL);
}
static void mounted(const char *name) {
    own_mounts();
    close(directory(name));
    NEED(mount("memory", path(name), "tmpfs", 0, "size=64k") == 0);
}
static void act_umount2(void) {
    mounted("place");
    ONCE(SYS_umount2, path("place"), MNT_DETACH | 8 /* UMOUNT_NOFOLLOW */);
}
#ifdef SYS_umount
static void act_umount(void) {
    mounted("place");
    ONCE(SYS_umount, path("place"));
}
#endif
static void act_fsopen(void) { ONCE(SYS_fsopen, "tmpfs", 1 /* FSOPEN_CLOEXEC */); }
static void act_open_tree(void) {
    own_mounts();
    close(directory("source"));
    ONCE(SYS_open_tree, AT_FDCWD, path("source"), 1 /* OPEN_TREE_CLONE */);
}
static void act_move_mount(void) {
    own_mounts();
    close(directory("source"));
    close(directory("place"));
    int tree = syscall(SYS_open_tree, AT_FDCWD, path("source"), 1 /* OPEN_TREE_CLONE */);
    NEED(tree >= 0);
    ONCE(SYS_move_mount, tree, "", AT_FDCWD, path("place"), 4 /* MOVE_MOUNT_F_EMPTY_PATH */);
}
static void act_setxattr(void) {
    close(made("file"));
    ONCE(SYS_setxattr, path("file"), "user.note", "text", 4, 0);
}
static void act_chdir(void) {
    close(directory("below"));
    ONCE(SYS_chdir, path("below"));
}
static void act_fchdir(void) {
    int below = directory("below");
    fact("fd", below);
    ONCE(SYS_fchdir, below);
}
static void act_chroot(void) {
    close(directory("jail"));
    ONCE(SYS_chroot, path("jail"));
}
static void act_pivot_root(void) {
    mounted("place");
    close(directory("place/before"));
    NEED(chdir(path("place")) == 0);
    ONCE(SYS_pivot_root, ".", "before");
}

/* ---- descriptors ---- */

static void act_dup(void) {
    int fd = made("file");
    fact("fd", fd);
    ONCE(SYS_dup, fd);
}
static void act_dup2(void) {
    int fd = made("file");
    fact("fd", fd);
    ONCE(SYS_dup2, fd, 77);
}
static void act_dup3(void) {
    int fd = made("file");
    fact("fd", fd);
    ONCE(SYS_dup3, fd, 78, O_CLOEXEC);
}
static void act_fcntl(void) {
    int fd = made("file");
    fact("fd", fd);
    ONCE(SYS_FCNTL, fd, F_DUPFD, 50);
}
static void act_pipe2(void) {
    int ends[2];
    ONCE(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK);
    linger();
    fact("fd1", ends[0]);
    fact("fd2", ends[1]);
    about(ends[0]);
}
static void act_eventfd2(void) { ONCE(SYS_eventfd2, 3, O_NONBLOCK); }
static void act_memfd_create(void) {
    ONCE(SYS_memfd_create, "nameless", 3 /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
    linger();
}
static void act_timerfd_create(void) { ONCE(SYS_timerfd_create, 1 /* CLOCK_MONOTONIC */, O_NONBLOCK); }
static void act_epoll_create1(void) { ONCE(SYS_epoll_create1, O_CLOEXEC); }
static void act_inotify_init1(void) { ONCE(SYS_inotify_init1, O_NONBLOCK); }
static void act_signalfd4(void) {
    unsigned long long mask = 1ull << (SIGUSR1 - 1);
    ONCE(SYS_signalfd4, -1, &mask, 8, O_CLOEXEC);
}
static void act_pidfd_open(void) {
    pid_t child = sleeper();
    ONCE(SYS_pidfd_open, child, O_NONBLOCK);
    end(child);
}
static void act_pidfd_getfd(void) {
    int fd = made("file");
    pid_t child = sleeper();
    int handle = syscall(SYS_pidfd_open, child, 0);
    fact("fd", fd);
    fact("pidfd", handle);
    ONCE(SYS_pidfd_getfd, handle, fd, 0);
    end(child);
}
static void act_userfaultfd(void) { ONCE(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK); }
static void act_bpf(void) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = attributes.value_size = 4;
    attributes.max_entries = 1;
    ONCE(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}
static void act_io_uring_setup(void) {
    static struct io_uring_params parameters;
    ONCE(SYS_io_uring_setup, 4, &parameters);
}

/* ---- sockets ---- */

static struct sockaddr_in in4(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}
static struct sockaddr_in6 in6(int port) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    address.sin6_addr = in6addr_loopback;
    return address;
}
static struct sockaddr_un in_unix(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    NEED(strlen(path(name)) < sizeof address.sun_path);
    strcpy(address.sun_path, path(name));
    return address;
}
static int local_port(int fd) {
    struct sockaddr_in6 address; /* the port lies at the same place in both */
    socklen_t length = sizeof address;
    NEED(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    return ntohs(address.sin6_port);
}
static int listening4(void) {
    struct sockaddr_in any = in4(0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    NEED(fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0 && listen(fd, 7) == 0);
    return fd;
}
static int connected4(int port) {
    struct sockaddr_in address = in4(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    NEED(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}
static void act_socket(void) { ONCE(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP); }
static void act_socket_udp6(void) { ONCE(SYS_socket, AF_INET6, SOCK_DGRAM, 0); }
static void act_socket_unix(void) { ONCE(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }
static void act_socket_netlink(void) { ONCE(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
static void act_bind(void) {
    int spare = listening4(), fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = in4(local_port(spare));
    close(spare);
    fact("fd", fd);
    fact("port", ntohs(address.sin_port));
    ONCE(SYS_bind, fd, &address, sizeof address);
    linger();
}
static void act_bind_unix(void) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = in_unix("socket");
    fact("fd", fd);
    ONCE(SYS_bind, fd, &address, sizeof address);
    linger();
}
static void act_listen(void) {
    struct sockaddr_in any = in4(0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    NEED(fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0);
    fact("fd", fd);
    fact("port", local_port(fd));
    ONCE(SYS_listen, fd, 9);
    linger();
}
static void act_connect_tcp4(void) {
    int server = listening4(), fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = in4(local_port(server));
    fact("fd", fd);
    fact("server", local_port(server));
    ONCE(SYS_connect, fd, &address, sizeof address);
    linger();
    fact("client", local_port(fd));
}
static void act_connect_refused(void) {
    int spare = listening4(), fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = in4(local_port(spare));
    fact("fd", fd);
    fact("server", local_port(spare));
    close(spare);
    ONCE(SYS_connect, fd, &address, sizeof address);
    linger();
}
static void act_connect_tcp6(void) {
    int server = socket(AF_INET6, SOCK_STREAM, 0), fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 address = in6(0);
    NEED(bind(server, (struct sockaddr *)&address, sizeof address) == 0 && listen(server, 1) == 0);
    address = in6(local_port(server));
    fact("fd", fd);
    fact("server", local_port(server));
    ONCE(SYS_connect, fd, &address, sizeof address);
    linger();
    fact("client", local_port(fd));
}
static void act_connect_udp(void) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = in4(9);
    fact("fd", fd);
    ONCE(SYS_connect, fd, &address, sizeof address);
    linger();
    fact("client", local_port(fd));
}
static void act_connect_unix(void) {
    int server = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = in_unix("socket");
    NEED(bind(server, (struct sockaddr *)&address, sizeof address) == 0 && listen(server, 1) == 0);
    fact("fd", fd);
    ONCE(SYS_connect, fd, &address, sizeof address);
    linger();
}
static void act_connect_netlink(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    fact("fd", fd);
    ONCE(SYS_connect, fd, &address, sizeof address);
    linger();
}
static void acceptance(long call, int flags) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    int server = listening4(), client = connected4(local_port(server));
    fact("server", local_port(server));
    fact("client", local_port(client));
    ONCE(call, server, &from, &length, flags);
    linger();
}
#ifdef SYS_accept /* i386 has accept4 and socketcall alone */
static void act_accept(void) { acceptance(SYS_accept, 0); }
#endif
static void act_accept4(void) { acceptance(SYS_accept4, SOCK_NONBLOCK | SOCK_CLOEXEC); }
static void act_accept_silent(void) { /* the caller does not ask who it is */
    int server = listening4(), client = connected4(local_port(server));
    fact("server", local_port(server));
    fact("client", local_port(client));
    ONCE(SYS_accept4, server, NULL, NULL, 0);
    linger();
}
static int receiver(pid_t *child) { /* the port of a socket that another process has */
    struct sockaddr_in any = in4(0);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    NEED(fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0);
    int port = local_port(fd);
    fact("server", port);
    *child = sleeper();
    close(fd);
    return port;
}
static void act_sendto(void) {
    pid_t child;
    int port = receiver(&child), fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = in4(port);
    fact("fd", fd);
    ONCE(SYS_sendto, fd, "greeting", 8, 0, &address, sizeof address);
    linger();
    end(child);
    fact("client", local_port(fd));
}
static void act_sendmsg(void) {
    pid_t child;
    int port = receiver(&child), fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = in4(port);
    struct iovec part = {"greeting", 8};
    struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &part, .msg_iovlen = 1};
    fact("fd", fd);
    ONCE(SYS_sendmsg, fd, &message, 0);
    linger();
    end(child);
    fact("client", local_port(fd));
}
static void act_socketpair(void) {
    int ends[2];
    ONCE(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
    fact("fd1", ends[0]);
    fact("fd2", ends[1]);
}
static void act_shutdown(void) {
    int server = listening4(), fd = connected4(local_port(server));
    fact("fd", fd);
    fact("server", local_port(server));
    fact("client", local_port(fd));
    ONCE(SYS_shutdown, fd, SHUT_WR);
    linger();
}
static void act_dup2_socket(void) {
    int server = listening4(), fd = connected4(local_port(server));
    fact("fd", fd);
    fact("server", local_port(server));
    fact("client", local_port(fd));
    ONCE(SYS_dup2, fd, 0);
    linger();
}
#ifdef SYS_socketcall
static void act_socketcall_socket(void) {
    unsigned long arguments[] = {AF_INET, SOCK_STREAM, 0};
    ONCE(SYS_socketcall, 1, arguments);
}
static void act_socketcall_connect(void) {
    int server = listening4(), fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = in4(local_port(server));
    unsigned long arguments[] = {fd, (unsigned long)&address, sizeof address};
    fact("fd", fd);
    fact("server", local_port(server));
    ONCE(SYS_socketcall, 3, arguments);
    linger();
    fact("client", local_port(fd));
}
static void act_socketcall_bind(void) {
    int spare = listening4(), fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = in4(local_port(spare));
    unsigned long arguments[] = {fd, (unsigned long)&address, sizeof address};
    close(spare);
    fact("fd", fd);
    fact("port", ntohs(address.sin_port));
    ONCE(SYS_socketcall, 2, arguments);
}
static void act_socketcall_accept(void) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    int server = listening4(), client = connected4(local_port(server));
    unsigned long arguments[] = {server, (unsigned long)&from, (unsigned long)&length};
    fact("server", local_port(server));
    fact("client", local_port(client));
    ONCE(SYS_socketcall, 5, arguments);
    linger();
}
#endif

/* ---- processes ---- */

static char *const arguments[] = {"calls", "done", "an argument", NULL};
static char *const environment[] = {"NOTE=text", NULL};

static void act_execve(void) {
    report();
    mark();
    syscall(SYS_execve, path("program"), arguments, environment);
    _exit(2);
}
static void act_execve_failing(void) {
    ONCE(SYS_execve, path("missing"), arguments, environment);
    linger();
}
static void act_execveat(void) {
    int here = directory(".");
    report();
    mark();
    syscall(SYS_execveat, here, "program", arguments, environment, 0);
    _exit(2);
}
static void forked(long child, int error) {
    if (child == 0)
        _exit(0);
    errno = error;
    outcome(child);
    linger();
    if (child > 0)
        waitpid(child, NULL, 0);
}
static void act_fork(void) {
    mark();
    forked(syscall(SYS_fork), errno);
}
static void act_vfork(void) {
    mark();
    pid_t child = vfork(); /* not by syscall(): parent and child share the stack */
    if (child == 0)
        _exit(0);
    outcome(child);
    linger();
    waitpid(child, NULL, 0);
}
static void act_clone(void) {
    mark();
    forked(syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0), errno);
}
static void act_clone3(void) {
    struct clone_args how = {.flags = CLONE_FILES, .exit_signal = SIGCHLD};
    mark();
    forked(syscall(SYS_clone3, &how, sizeof how), errno);
}
static void act_kill(void) {
    pid_t child = sleeper();
    ONCE(SYS_kill, child, SIGTERM);
    end(child);
}
static void act_kill_nobody(void) { ONCE(SYS_kill, 0x3fffffff, SIGHUP); }
static void act_tgkill(void) {
    pid_t child = sleeper();
    ONCE(SYS_tgkill, child, child, SIGKILL);
    end(child);
}
static void act_prctl(void) { ONCE(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
static void act_prctl_name(void) { ONCE(SYS_prctl, PR_SET_NAME, "renamed", 0, 0, 0); }
static void act_setns(void) {
    int fd = open("/proc/self/ns/uts", O_RDONLY);
    NEED(fd >= 0);
    fact("fd", fd);
    ONCE(SYS_setns, fd, CLONE_NEWUTS);
}
static void act_unshare(void) { ONCE(SYS_unshare, CLONE_NEWUTS | CLONE_NEWIPC); }
static void act_setuid(void) { ONCE(SYS_SETUID, 1); }
static void act_setgid(void) { ONCE(SYS_SETGID, 1); }
static void act_setreuid(void) { ONCE(SYS_SETREUID, -1, 4242); }
static void act_setregid(void) { ONCE(SYS_SETREGID, 1, 2); }
static void act_setresuid(void) { ONCE(SYS_SETRESUID, 0, 1, 2); }
static void act_setresgid(void) { ONCE(SYS_SETRESGID, -1, 1, 4242); }
static void act_setsid(void) {
    pid_t child = fork(); /* not the leader of a group */
    NEED(child >= 0);
    if (child > 0) {
        waitpid(child, NULL, 0);
        _exit(0);
    }
    fact("pid", getpid()); /* said again: the last one counts */
    ONCE(SYS_setsid);
}
static void act_setpgid(void) {
    ONCE(SYS_setpgid, 0, getpid());
}
static void act_capset(void) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{.permitted = 0x21, .effective = 0x20, .inheritable = 0x1}, {0}};
    ONCE(SYS_capset, &head, sets);
}
static void act_ptrace(void) {
    pid_t child = sleeper();
    ONCE(SYS_ptrace, PTRACE_ATTACH, child, 0, 0);
    waitpid(child, NULL, 0);
    ptrace(PTRACE_DETACH, child, 0, 0);
    end(child);
}
static void act_process_vm_readv(void) {
    static char here[16], there[16];
    struct iovec local = {here, 16}, remote = {there, 16};
    pid_t child = sleeper();
    ONCE(SYS_process_vm_readv, child, &local, 1L, &remote, 1L, 0L);
    end(child);
}
static void act_process_vm_writev(void) {
    static char here[16], there[16];
    struct iovec local = {here, 16}, remote = {there, 16};
    pid_t child = sleeper();
    ONCE(SYS_process_vm_writev, child, &local, 1L, &remote, 1L, 0L);
    end(child);
}
static void act_seccomp(void) {
    unsigned int action = 0x7fff0000; /* SECCOMP_RET_ALLOW */
    ONCE(SYS_seccomp, 2 /* SECCOMP_GET_ACTION_AVAIL */, 0, &action);
}
static void act_personality(void) { ONCE(SYS_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */); }

/* ---- kernel and memory ---- */

static void act_init_module(void) { ONCE(SYS_init_module, "no module", 9, "a=1"); }
static void act_finit_module(void) {
    int fd = made("module.ko");
    fact("fd", fd);
    ONCE(SYS_finit_module, fd, "b=2", 1 /* MODULE_INIT_IGNORE_MODVERSIONS */);
}
static void act_delete_module(void) { ONCE(SYS_delete_module, "no_such_module", O_NONBLOCK | O_TRUNC); }
static void act_kexec_load(void) { ONCE(SYS_kexec_load, 0L, 17L, NULL, 0L); /* 17 segments are too many */ }
static void act_mmap(void) {
#ifdef SYS_mmap2
    ONCE(SYS_mmap2, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#else
    ONCE(SYS_mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#endif
    linger();
}
static void act_mmap_file(void) {
    int fd = made("file");
    fact("fd", fd);
#ifdef SYS_mmap2
    ONCE(SYS_mmap2, NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
#else
    ONCE(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
#endif
    linger();
}
static void act_mprotect(void) {
    void *place = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(place != MAP_FAILED);
    append(", \"address\": \"%lX\"", (unsigned long)place);
    ONCE(SYS_mprotect, place, 4096L, PROT_READ | PROT_WRITE | PROT_EXEC);
}
static void act_quotactl(void) {
    ONCE(SYS_quotactl, 0x80000700 | 0 /* QCMD(Q_GETQUOTA, USRQUOTA) */, "/dev/no-such-device", 0, &told);
}

#define ACT(name) {#name, act_##name}
static const struct {
    const char *name;
    void (*perform)(void);
} acts[] = {
    ACT(open), ACT(open_failing), ACT(openat), ACT(openat2), ACT(creat), ACT(open_by_handle_at), ACT(mkdir),
    ACT(mkdirat), ACT(rmdir), ACT(unlink), ACT(unlink_failing), ACT(unlinkat), ACT(rename), ACT(renameat),
    ACT(renameat2), ACT(link), ACT(linkat), ACT(symlink), ACT(symlinkat), ACT(chmod), ACT(fchmod), ACT(fchmodat),
    ACT(fchmodat2), ACT(chown), ACT(lchown), ACT(fchown), ACT(fchownat), ACT(mknod), ACT(mknodat), ACT(truncate),
    ACT(copy_file_range), ACT(splice), ACT(sendfile), ACT(mount), ACT(mount_bind), ACT(umount2), ACT(fsopen),
    ACT(open_tree), ACT(move_mount), ACT(setxattr), ACT(chdir), ACT(fchdir), ACT(chroot), ACT(pivot_root), ACT(dup),
    ACT(dup2), ACT(dup3), ACT(fcntl), ACT(pipe2), ACT(eventfd2), ACT(memfd_create), ACT(timerfd_create),
    ACT(epoll_create1), ACT(inotify_init1), ACT(signalfd4), ACT(pidfd_open), ACT(pidfd_getfd), ACT(userfaultfd),
    ACT(bpf), ACT(io_uring_setup), ACT(socket), ACT(socket_udp6), ACT(socket_unix), ACT(socket_netlink), ACT(bind),
    ACT(bind_unix), ACT(listen), ACT(connect_tcp4), ACT(connect_refused), ACT(connect_tcp6), ACT(connect_udp),
    ACT(connect_unix), ACT(connect_netlink), ACT(accept4), ACT(accept_silent), ACT(sendto), ACT(sendmsg),
    ACT(socketpair), ACT(shutdown), ACT(dup2_socket), ACT(execve), ACT(execve_failing), ACT(execveat), ACT(fork),
    ACT(vfork), ACT(clone), ACT(clone3), ACT(kill), ACT(kill_nobody), ACT(tgkill), ACT(prctl), ACT(prctl_name),
    ACT(setns), ACT(unshare), ACT(setuid), ACT(setgid), ACT(setreuid), ACT(setregid), ACT(setresuid),
    ACT(setresgid), ACT(setsid), ACT(setpgid), ACT(capset), ACT(ptrace), ACT(process_vm_readv),
    ACT(process_vm_writev), ACT(seccomp), ACT(personality), ACT(init_module), ACT(finit_module), ACT(delete_module),
    ACT(kexec_load), ACT(mmap), ACT(mmap_file), ACT(mprotect), ACT(quotactl),
#ifdef SYS_umount
    ACT(umount),
#endif
#ifdef SYS_accept
    ACT(accept),
#endif
#ifdef SYS_socketcall
    ACT(socketcall_socket), ACT(socketcall_connect), ACT(socketcall_bind), ACT(socketcall_accept),
#endif
};

int main(int argc, char **argv) {
    NEED((lines = fcntl(0, F_DUPFD_CLOEXEC, 200)) >= 0);
    if (argc > 1 && !strcmp(argv[1], "done")) {
        linger();
        return 0;
    }
    if (argc == 3) {
        base = argv[2];
        NEED(chdir(base) == 0);
        append("{\"act\": \"%s\", \"pid\": %d", argv[1], getpid());
        for (unsigned number = 0; number < sizeof acts / sizeof *acts; number++)
            if (!strcmp(acts[number].name, argv[1])) {
                acts[number].perform();
                report();
                return 0;
            }
    }
    fprintf(stderr, "usage: calls ACT DIRECTORY\n");
    return 1;
}
