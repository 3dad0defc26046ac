/* Ways of doing an ordinary thing that a shell has no words for.
 *
 *   tricks TRICK ARGUMENT...
 *
 * Exit status 0: done; 2: it cannot be done here.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD_FCHMODAT2 452

static int cannot(const char *what) { return perror(what), 2; }

static int read_some(int descriptor) {
    char bytes[16];
    if (descriptor < 0)
        return cannot("open");
    return read(descriptor, bytes, sizeof bytes) < 0 ? cannot("read") : 0;
}

static int by_openat2(const char *name) {
    struct open_how how = {.flags = O_RDONLY};
    return read_some(syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof how));
}

static int by_directory(const char *directory, const char *name) {
    return read_some(openat(open(directory, O_RDONLY | O_DIRECTORY), name, O_RDONLY));
}

static int by_path_descriptor(const char *name) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", open(name, O_PATH));
    return read_some(open(link, O_RDONLY));
}

/* The program's file without its name: execveat with an empty path. */
static int executed_nameless(char **argv) {
    int program = open(argv[0], O_PATH);
    syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
    return cannot("execveat");
}

/* Through the name that a descriptor has in /proc. */
static int executed_by_descriptor(char **argv) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", open(argv[0], O_PATH));
    execve(name, argv, environ);
    return cannot("execve");
}

/* A copy of a program in memory, under a name of no meaning. */
static int executed_from_memory(char **argv) {
    int source = open(argv[0], O_RDONLY), memory = syscall(SYS_memfd_create, "x", 0);
    struct stat about;
    if (source < 0 || memory < 0 || fstat(source, &about))
        return cannot("memfd_create");
    for (off_t at = 0; at < about.st_size;)
        if (sendfile(memory, source, &at, about.st_size - at) <= 0)
            return cannot("sendfile");
    syscall(SYS_execveat, memory, "", argv, environ, AT_EMPTY_PATH);
    return cannot("execveat");
}

static int under_another_name(const char *name, char **argv) {
    prctl(PR_SET_NAME, name);
    pid_t child = fork();
    if (child == 0) {
        execv(argv[0], argv);
        _exit(2);
    }
    int status;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static int read_under_another_name(const char *name, const char *file, int by_file) {
    if (by_file) {
        int comm = open("/proc/self/comm", O_WRONLY);
        if (comm < 0 || write(comm, name, strlen(name)) < 0)
            return cannot("/proc/self/comm");
    } else {
        prctl(PR_SET_NAME, name);
    }
    return read_some(open(file, O_RDONLY));
}

/* The child of a child that is gone: somebody else is its parent by then. */
static int orphaned(char **argv) {
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            usleep(200000);
            execv(argv[0], argv);
            _exit(2);
        }
        _exit(0);
    }
    wait(0);
    usleep(400000);
    return 0;
}

/* The command line that /proc shows is the program's to change. */
static int rewritten(char **argv) {
    pid_t child = fork();
    if (child == 0) {
        execv(argv[0], argv);
        _exit(2);
    }
    memset(argv[0], 'x', strlen(argv[0]));
    int status;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static int exchanged(const char *one, const char *other) {
    return syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, 2 /* RENAME_EXCHANGE */) ? cannot("renameat2") : 0;
}

static int linked_nameless(const char *old, const char *new) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", open(old, O_PATH));
    return linkat(AT_FDCWD, name, AT_FDCWD, new, AT_SYMLINK_FOLLOW) ? cannot("linkat") : 0;
}

static int connected(const char *address, int port, int waits) {
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &peer.sin_addr);
    int made = socket(AF_INET, SOCK_STREAM | (waits ? 0 : SOCK_NONBLOCK), 0);
    connect(made, (struct sockaddr *)&peer, sizeof peer); /* whether somebody answers is no matter */
    return made < 0 ? cannot("socket") : 0;
}

static int connected_mapped(const char *address, int port) {
    struct sockaddr_in6 peer = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    char mapped[64];
    snprintf(mapped, sizeof mapped, "::ffff:%s", address);
    inet_pton(AF_INET6, mapped, &peer.sin6_addr);
    int made = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(made, (struct sockaddr *)&peer, sizeof peer);
    return made < 0 ? cannot("socket") : 0;
}

static int moved_mount(const char *from, const char *to, const char *file) {
    if (unshare(CLONE_NEWNS) || mount(0, "/", 0, MS_REC | MS_PRIVATE, 0))
        return cannot("unshare");
    int tree = syscall(SYS_open_tree, AT_FDCWD, from, 1 /* OPEN_TREE_CLONE */);
    if (tree < 0 || syscall(SYS_move_mount, tree, "", AT_FDCWD, to, 4 /* MOVE_MOUNT_F_EMPTY_PATH */))
        return cannot("move_mount");
    return read_some(open(file, O_RDONLY));
}

static int redirected_by(const char *way) {
    int listening = socket(AF_INET, SOCK_STREAM, 0), made = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    if (bind(listening, (struct sockaddr *)&here, length) || listen(listening, 1) ||
        getsockname(listening, (struct sockaddr *)&here, &length) || connect(made, (struct sockaddr *)&here, length))
        return cannot("connect");
    if (!strcmp(way, "dup3"))
        return dup3(made, 0, O_CLOEXEC) < 0 ? cannot("dup3") : 0;
    close(0);
    return fcntl(made, F_DUPFD_CLOEXEC, 0) < 0 ? cannot("fcntl") : 0;
}

int main(int argc, char **argv) {
    const char *trick = argc > 1 ? argv[1] : "";
    char **rest = argv + 2;
    if (!strcmp(trick, "openat2")) return by_openat2(rest[0]);
    if (!strcmp(trick, "directory")) return by_directory(rest[0], rest[1]);
    if (!strcmp(trick, "path-descriptor")) return by_path_descriptor(rest[0]);
    if (!strcmp(trick, "open")) return read_some(open(rest[0], O_RDONLY));
    if (!strcmp(trick, "nameless")) return executed_nameless(rest);
    if (!strcmp(trick, "descriptor")) return executed_by_descriptor(rest);
    if (!strcmp(trick, "memory")) return executed_from_memory(rest);
    if (!strcmp(trick, "exec")) return execv(rest[0], rest), cannot("execv");
    if (!strcmp(trick, "named")) return under_another_name(rest[0], rest + 1);
    if (!strcmp(trick, "read-named")) return read_under_another_name(rest[0], rest[1], 0);
    if (!strcmp(trick, "read-written")) return read_under_another_name(rest[0], rest[1], 1);
    if (!strcmp(trick, "unlinked")) return unlink(rest[0]) ? cannot("unlink") : read_some(open(rest[1], O_RDONLY));
    if (!strcmp(trick, "orphan")) return orphaned(rest);
    if (!strcmp(trick, "rewritten")) return rewritten(rest);
    if (!strcmp(trick, "exchange")) return exchanged(rest[0], rest[1]);
    if (!strcmp(trick, "link")) return linked_nameless(rest[0], rest[1]);
    if (!strcmp(trick, "chmod")) return chmod(rest[0], 04755) ? cannot("chmod") : 0;
    if (!strcmp(trick, "fchmodat2"))
        return syscall(OLD_FCHMODAT2, AT_FDCWD, rest[0], 04755, 0) ? cannot("fchmodat2") : 0;
    if (!strcmp(trick, "connect")) return connected(rest[0], atoi(rest[1]), 1);
    if (!strcmp(trick, "begin")) return connected(rest[0], atoi(rest[1]), 0);
    if (!strcmp(trick, "mapped")) return connected_mapped(rest[0], atoi(rest[1]));
    if (!strcmp(trick, "move-mount")) return moved_mount(rest[0], rest[1], rest[2]);
    if (!strcmp(trick, "redirect")) return redirected_by(rest[0]);
    if (!strcmp(trick, "packets")) return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? cannot("socket") : 0;
    if (!strcmp(trick, "truncate")) return truncate(rest[0], 0) ? cannot("truncate") : 0;
    return 2;
}
