/* Carries out system operations through io_uring, with the bare system calls.
 *
 *   ring WAY HOLD OPERATION [, OPERATION]...
 *
 * WAY is inline (inside io_uring_enter), async (on a worker thread) or sqpoll (by the ring's own kernel thread). All
 * operations are submitted at once, each linked to the one before, and their results printed one a line. Descriptors
 * then stay open for HOLD milliseconds. A directory is "." for the working directory, or a path that is opened first.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/time_types.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define ENTRIES 16
/* Younger than the headers of some distributions. */
#define OP_FTRUNCATE 55
#define OP_BIND 56
#define OP_LISTEN 57

static struct io_uring_params params;
static struct io_uring_sqe *entries;
static char *submissions, *completions;
static int ring;

static int set_up(const char *way) {
    if (!strcmp(way, "sqpoll")) {
        params.flags = IORING_SETUP_SQPOLL;
        params.sq_thread_idle = 2000;
    }
    ring = syscall(SYS_io_uring_setup, ENTRIES, &params);
    if (ring < 0)
        return perror("io_uring_setup"), 0;
    size_t sq = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t cq = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    int protection = PROT_READ | PROT_WRITE;
    submissions = mmap(0, sq, protection, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    completions = mmap(0, cq, protection, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
    entries = mmap(0, params.sq_entries * sizeof *entries, protection, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    return submissions != MAP_FAILED && completions != MAP_FAILED && entries != MAP_FAILED;
}

static int directory(const char *name) {
    return strcmp(name, ".") ? open(name, O_RDONLY | O_DIRECTORY) : AT_FDCWD;
}

static unsigned long number(const char *text) { return strtoul(text, 0, 0); }

/* An internet address as ADDRESS PORT, or a unix one as unix PATH. */
static void address(struct io_uring_sqe *entry, char **words, int peer) {
    static struct sockaddr_storage kept[ENTRIES];
    struct sockaddr_storage *storage = &kept[entry - entries];
    socklen_t length;
    if (!strcmp(words[0], "unix")) {
        struct sockaddr_un *name = (void *)storage;
        name->sun_family = AF_UNIX;
        strcpy(name->sun_path, words[1]);
        length = sizeof *name;
    } else if (strchr(words[0], ':')) {
        struct sockaddr_in6 *inet = (void *)storage;
        inet->sin6_family = AF_INET6;
        inet->sin6_port = htons(number(words[1]));
        inet_pton(AF_INET6, words[0], &inet->sin6_addr);
        length = sizeof *inet;
    } else {
        struct sockaddr_in *inet = (void *)storage;
        inet->sin_family = AF_INET;
        inet->sin_port = htons(number(words[1]));
        inet_pton(AF_INET, words[0], &inet->sin_addr);
        length = sizeof *inet;
    }
    entry->addr = (uintptr_t)storage;
    entry->off = length;
}

static int family(const char *word) {
    return !strcmp(word, "unix") ? AF_UNIX : strchr(word, ':') ? AF_INET6 : AF_INET;
}

static struct io_uring_sqe *previous_socket;

static int prepare(struct io_uring_sqe *entry, char **words) {
    static struct open_how how[ENTRIES];
    const char *name = words[0];
    if (!strcmp(name, "openat")) { /* DIRECTORY PATH FLAGS MODE */
        entry->opcode = IORING_OP_OPENAT;
        entry->fd = directory(words[1]);
        entry->addr = (uintptr_t)words[2];
        entry->open_flags = number(words[3]);
        entry->len = number(words[4]);
    } else if (!strcmp(name, "openat2")) { /* DIRECTORY PATH FLAGS MODE */
        struct open_how *mine = &how[entry - entries];
        entry->opcode = IORING_OP_OPENAT2;
        entry->fd = directory(words[1]);
        entry->addr = (uintptr_t)words[2];
        mine->flags = number(words[3]);
        mine->mode = number(words[4]);
        entry->len = sizeof *mine;
        entry->off = (uintptr_t)mine;
    } else if (!strcmp(name, "renameat") || !strcmp(name, "linkat")) { /* DIRECTORY OLD DIRECTORY NEW FLAGS */
        entry->opcode = name[0] == 'r' ? IORING_OP_RENAMEAT : IORING_OP_LINKAT;
        entry->fd = directory(words[1]);
        entry->addr = (uintptr_t)words[2];
        entry->len = directory(words[3]);
        entry->off = (uintptr_t)words[4];
        entry->rename_flags = number(words[5]);
    } else if (!strcmp(name, "unlinkat")) { /* DIRECTORY PATH FLAGS */
        entry->opcode = IORING_OP_UNLINKAT;
        entry->fd = directory(words[1]);
        entry->addr = (uintptr_t)words[2];
        entry->unlink_flags = number(words[3]);
    } else if (!strcmp(name, "mkdirat")) { /* DIRECTORY PATH MODE */
        entry->opcode = IORING_OP_MKDIRAT;
        entry->fd = directory(words[1]);
        entry->addr = (uintptr_t)words[2];
        entry->len = number(words[3]);
    } else if (!strcmp(name, "symlinkat")) { /* TARGET DIRECTORY PATH */
        entry->opcode = IORING_OP_SYMLINKAT;
        entry->addr = (uintptr_t)words[1];
        entry->fd = directory(words[2]);
        entry->off = (uintptr_t)words[3];
    } else if (!strcmp(name, "connect") || !strcmp(name, "bind")) { /* TYPE ADDRESS PORT */
        int type = number(words[1]);
        entry->opcode = name[0] == 'c' ? IORING_OP_CONNECT : OP_BIND;
        entry->fd = socket(family(words[2]), type, 0);
        address(entry, words + 2, 0);
        previous_socket = entry;
    } else if (!strcmp(name, "listen")) { /* (the socket of the operation before) */
        entry->opcode = OP_LISTEN;
        entry->fd = previous_socket->fd;
        entry->len = 5;
    } else if (!strcmp(name, "accept")) { /* ADDRESS PORT: listens there itself, and connects to itself */
        struct sockaddr_storage *peer = calloc(1, sizeof *peer);
        socklen_t *length = malloc(sizeof *length);
        int listener = socket(family(words[1]), SOCK_STREAM, 0), client = socket(family(words[1]), SOCK_STREAM, 0);
        int one = 1;
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        address(entry, words + 1, 0);
        if (bind(listener, (void *)(uintptr_t)entry->addr, entry->off) || listen(listener, 5) ||
            connect(client, (void *)(uintptr_t)entry->addr, entry->off))
            return perror("accept"), 0;
        *length = sizeof *peer;
        entry->opcode = IORING_OP_ACCEPT;
        entry->fd = listener;
        entry->addr = (uintptr_t)peer;
        entry->off = (uintptr_t)length;
    } else if (!strcmp(name, "sendmsg")) { /* ADDRESS PORT */
        struct msghdr *message = calloc(1, sizeof *message);
        struct iovec *data = malloc(sizeof *data);
        data->iov_base = "data";
        data->iov_len = 4;
        entry->fd = socket(family(words[1]), SOCK_DGRAM, 0);
        address(entry, words + 1, 0);
        message->msg_name = (void *)(uintptr_t)entry->addr;
        message->msg_namelen = entry->off;
        message->msg_iov = data;
        message->msg_iovlen = 1;
        entry->opcode = IORING_OP_SENDMSG;
        entry->off = 0;
        entry->addr = (uintptr_t)message;
        entry->len = 1;
    } else if (!strcmp(name, "shutdown")) { /* ADDRESS PORT */
        entry->opcode = IORING_OP_SHUTDOWN;
        entry->fd = socket(AF_INET, SOCK_STREAM, 0);
        entry->len = SHUT_RDWR;
    } else if (!strcmp(name, "close")) { /* PATH */
        entry->opcode = IORING_OP_CLOSE;
        entry->fd = open(words[1], O_RDONLY);
    } else if (!strcmp(name, "fallocate") || !strcmp(name, "ftruncate") || !strcmp(name, "fadvise")) { /* PATH SIZE */
        entry->opcode = name[1] == 't'   ? OP_FTRUNCATE
                        : name[2] == 'l' ? IORING_OP_FALLOCATE
                                         : IORING_OP_FADVISE;
        entry->fd = open(words[1], O_RDWR);
        if (name[1] == 't')
            entry->off = number(words[2]);
        else if (name[2] == 'l')
            entry->addr = number(words[2]);
    } else if (!strcmp(name, "setxattr") || !strcmp(name, "getxattr")) { /* PATH NAME VALUE */
        entry->opcode = name[0] == 's' ? IORING_OP_SETXATTR : IORING_OP_GETXATTR;
        entry->addr3 = (uintptr_t)words[1];
        entry->addr = (uintptr_t)words[2];
        entry->addr2 = (uintptr_t)words[3];
        entry->len = strlen(words[3]);
    } else if (!strcmp(name, "fsetxattr")) { /* PATH NAME VALUE */
        entry->opcode = IORING_OP_FSETXATTR;
        entry->fd = open(words[1], O_RDWR);
        entry->addr = (uintptr_t)words[2];
        entry->addr2 = (uintptr_t)words[3];
        entry->len = strlen(words[3]);
    } else if (!strcmp(name, "statx")) { /* DIRECTORY PATH */
        entry->opcode = IORING_OP_STATX;
        entry->fd = directory(words[1]);
        entry->addr = (uintptr_t)words[2];
        entry->len = 0x7ff;
        entry->off = (uintptr_t)malloc(sizeof(struct statx));
    } else if (!strcmp(name, "wait")) { /* MILLISECONDS: keeps io_uring_enter waiting */
        struct __kernel_timespec *time = calloc(1, sizeof *time);
        time->tv_sec = number(words[1]) / 1000;
        time->tv_nsec = number(words[1]) % 1000 * 1000000;
        entry->opcode = IORING_OP_TIMEOUT;
        entry->addr = (uintptr_t)time;
        entry->len = 1;
    } else if (!strcmp(name, "number")) { /* OPCODE: with nothing else set */
        entry->opcode = number(words[1]);
    } else {
        return fprintf(stderr, "no operation %s\n", name), 0;
    }
    return 1;
}

int main(int argc, char **argv) {
    unsigned count = 0;
    setvbuf(stdout, 0, _IONBF, 0);
    if (argc < 4 || !set_up(argv[1]))
        return 100;
    for (int at = 3; at < argc && count < ENTRIES; count++) {
        struct io_uring_sqe *entry = &entries[count];
        memset(entry, 0, sizeof *entry);
        if (!prepare(entry, argv + at))
            return 101;
        entry->user_data = count;
        while (at < argc && strcmp(argv[at], ","))
            at++;
        if (at < argc)
            entry->flags |= IOSQE_IO_HARDLINK;
        at++;
        if (!strcmp(argv[1], "async"))
            entry->flags |= IOSQE_ASYNC;
        ((unsigned *)(submissions + params.sq_off.array))[count] = count;
    }
    __atomic_store_n((unsigned *)(submissions + params.sq_off.tail), count, __ATOMIC_RELEASE);
    unsigned flags = IORING_ENTER_GETEVENTS | (params.flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0);
    if (syscall(SYS_io_uring_enter, ring, count, count, flags, 0, 0) < 0)
        return perror("io_uring_enter"), 102;
    unsigned *tail = (unsigned *)(completions + params.cq_off.tail);
    while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) < count)
        usleep(1000);
    struct io_uring_cqe *done = (struct io_uring_cqe *)(completions + params.cq_off.cqes);
    for (unsigned at = 0; at < count; at++)
        printf("%d\n", done[at].res);
    usleep(number(argv[2]) * 1000);
    return 0;
}
