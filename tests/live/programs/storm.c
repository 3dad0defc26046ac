/* A storm of families of processes, each ending with a marked exec, the truth about whose ancestors is written down.
 *
 *     TRUTH=file HOST_PROC=/proc DIRECTORY=directory storm root SHARED FAMILIES AT_ONCE
 *
 * SHARED is a file that all processes map, TRUTH gets a line for every marked exec, HOST_PROC is the host's proc file
 * system, DIRECTORY holds this program under the names storm, b, a and m, and the program to be executed, act. PID_MAX
 * makes the pid namespace tiny. Every process has a token of its own in its arguments, or in its name if it executes
 * nothing. Pids that have just become free are taken again on purpose: by ns_last_pid, and where the namespace is tiny.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NODES = 1 << 15, FREED = 64, COMMAND = 160, LINE = 4096, LONGEST = 100 };

struct node { /* one process; what it is now */
    int pid; /* the host's number */
    char comm[16], command[COMMAND], path[96];
    atomic_int flag; /* set to say something to relatives */
};
struct shared {
    atomic_int next_node, freed_at, freed[FREED], seed;
    struct node nodes[NODES];
};
static struct shared *shared;
static const char *shared_path, *truth_path, *proc_path, *directory;
static int me, root_node, kind, family, running;

enum kind { PLAIN, NO_EXEC, EARLY, EARLY_NO_EXEC, LEAF_ORPHAN, SUBREAPER, EXEC_BEFORE, EXEC_AFTER, VFORK, PARENT_LEAF,
    THREAD_FORK, LEADER_GONE, THREAD_EXEC, RENAMED, RENAME_AFTER, RENAME_BEFORE, GRANDPARENT, KINDS, PARENT_MIDDLE };

static void fail(const char *what) { perror(what); _exit(3); }

static void nap(long microseconds) {
    struct timespec time = {0, microseconds * 1000};
    nanosleep(&time, NULL);
}

static int host_pid(void) { /* uncached: in a thread or after a vfork too */
    char path[128], link[32];
    snprintf(path, sizeof path, "%s/self", proc_path);
    ssize_t length = readlink(path, link, sizeof link - 1);
    if (length <= 0) fail("readlink of self");
    link[length] = 0;
    return atoi(link);
}

static void freed(int pid) { shared->freed[atomic_fetch_add(&shared->freed_at, 1) % FREED] = pid; }

static void reuse(void) { /* let the next fork get a pid that was somebody's a moment ago */
    int at = atomic_load(&shared->freed_at), turn = atomic_fetch_add(&shared->seed, 1);
    int pid = shared->freed[(at + FREED - 1 - turn % 4) % FREED];
    char path[128], text[16];
    if (at < FREED || pid < 301 || turn % 8 == 0) return;
    snprintf(path, sizeof path, "%s/sys/kernel/ns_last_pid", proc_path);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    snprintf(text, sizeof text, "%d", pid - 1);
    if (write(file, text, strlen(text)) < 0) { /* another namespace's right: its own small range does it */ }
    close(file);
}

static void be(int node) { /* a new process; it is what its creator was */
    shared->nodes[node].pid = host_pid();
    me = node;
}

static int node_like(int other) {
    int node = atomic_fetch_add(&shared->next_node, 1);
    if (node >= NODES) fail("too many processes");
    shared->nodes[node] = shared->nodes[other];
    atomic_store(&shared->nodes[node].flag, 0);
    return node;
}

static char is_first[1 << 22]; /* by pid: whether it is the first of a family; root's own */

static int reap(int options) { /* root takes in orphans too */
    int gone = waitpid(-1, NULL, options);
    if (gone <= 0) return gone;
    freed(gone);
    running -= is_first[gone];
    is_first[gone] = 0;
    return gone;
}

static void make_room(void) {
    if (me != root_node || reap(WNOHANG) <= 0) nap(500);
}

static int start(int *node) { /* fork; 0 in the child, which is then *node */
    *node = node_like(me);
    int pid;
    do { /* a tiny pid namespace is full now and then */
        reuse();
        pid = fork();
    } while (pid < 0 && errno == EAGAIN && (make_room(), 1));
    if (pid < 0) fail("fork");
    if (pid == 0) be(*node);
    return pid;
}

static void name(const char *format) {
    snprintf(shared->nodes[me].comm, 16, format, me);
    prctl(PR_SET_NAME, shared->nodes[me].comm);
}

static void await(int pid) {
    int gone = waitpid(pid, NULL, 0);
    if (gone > 0) freed(gone);
}

static void await_all(void) {
    for (int gone; (gone = waitpid(-1, NULL, __WALL)) > 0 || (gone < 0 && errno == EINTR);)
        if (gone > 0) freed(gone);
}

static void await_flag(int node) { while (!atomic_load(&shared->nodes[node].flag)) nap(200); }

static void await_other_parent(int parent) { while (getppid() == parent) nap(200); }

static void become(const char *as, int stage, int grandparent) { /* exec, going on in main at a stage */
    struct node *node = &shared->nodes[me];
    char path[128], token[16], numbers[5][16];
    snprintf(path, sizeof path, "%s/%s", directory, as);
    snprintf(token, sizeof token, "%s%d.%d", as, me, stage);
    snprintf(node->comm, sizeof node->comm, "%s", as);
    snprintf(node->command, sizeof node->command, "%s %d %d %d %d %d %s", token, stage, me, grandparent, kind, family,
        shared_path);
    snprintf(node->path, sizeof node->path, "%s/%s", directory, as);
    int values[] = {stage, me, grandparent, kind, family};
    for (int i = 0; i < 5; i++) snprintf(numbers[i], 16, "%d", values[i]);
    char *arguments[] = {(char *)as, token, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4],
        (char *)shared_path, NULL};
    execve(path, arguments, environ);
    fail(path);
}

static void act(const int *chain) { /* write down the ancestors, from the parent upwards, and do the marked exec */
    char line[LINE], path[128], token[32];
    int length = snprintf(line, sizeof line, "%d\t%d\t%d", family, kind, host_pid());
    for (; *chain >= 0; chain++) {
        struct node *node = &shared->nodes[*chain];
        length += snprintf(line + length, sizeof line - length, "\t%d\t%s\t%s\t%s", node->pid, node->comm,
            node->command, node->path);
    }
    line[length++] = '\n';
    int file = open(truth_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || write(file, line, length) != length) fail(truth_path);
    snprintf(path, sizeof path, "%s/act", directory);
    snprintf(token, sizeof token, "family-%d", family);
    char *arguments[] = {"act", token, NULL};
    execve(path, arguments, environ);
    fail(path);
}
#define ACT(...) act((int[]){__VA_ARGS__, -1})

struct birth { int middle, above; };

static int leaf_with_parent_of_mine(void *unused) { /* in a child of CLONE_PARENT */
    (void)unused;
    ACT(shared->nodes[me].flag, root_node);
    return 0;
}

static int middle_with_parent_of_mine(void *argument) {
    struct birth *birth = argument;
    int node;
    be(birth->middle);
    int leaf = start(&node);
    if (leaf == 0) ACT(birth->middle, birth->above, root_node);
    await(leaf);
    _exit(0);
}

static int clone_parent(int (*run)(void *), void *argument) {
    static char stack[1 << 16] __attribute__((aligned(16)));
    int pid;
    reuse();
    while ((pid = clone(run, stack + sizeof stack, CLONE_PARENT | SIGCHLD, argument)) < 0) nap(500);
    return pid;
}

static int thread_above;
static void *fork_in_thread(void *leave_leader) {
    int node;
    if (leave_leader) nap(2000);
    int leaf = start(&node);
    if (leaf == 0) ACT(thread_above, shared->nodes[thread_above].flag, root_node);
    await(leaf);
    _exit(0);
    return NULL;
}

static void *exec_in_thread(void *above) {
    become("m", 3, *(int *)above);
    return NULL;
}

static void thread(void *(*run)(void *), void *argument, int leader_leaves) {
    pthread_t id;
    while (pthread_create(&id, NULL, run, argument)) nap(500);
    if (leader_leaves) syscall(SYS_exit, 0);
    pthread_join(id, NULL);
}

/* The second generation, `a`, under `b`; it has executed something, if at all. */
static void second(int b) {
    int node, leaf, a = me, bs_pid = getppid();
    switch (kind) {
    case LEAF_ORPHAN:
    case SUBREAPER:
        bs_pid = getpid();
        if (start(&node) == 0) {
            await_other_parent(bs_pid);
            if (kind == SUBREAPER) ACT(b, root_node);
            ACT(root_node);
        }
        _exit(0);
    case EXEC_BEFORE:
        if (start(&node) == 0) { await_flag(a); ACT(a, b, root_node); }
        become("m", 2, b);
        break;
    case VFORK:
        node = node_like(me);
        reuse();
        while ((leaf = vfork()) < 0) nap(500);
        if (leaf == 0) ACT(a, b, root_node);
        await(leaf);
        break;
    case PARENT_LEAF:
        atomic_store(&shared->nodes[me].flag, b);
        clone_parent(leaf_with_parent_of_mine, NULL);
        break;
    case PARENT_MIDDLE: {
        struct birth birth = {node_like(me), b};
        clone_parent(middle_with_parent_of_mine, &birth);
        break;
    }
    case THREAD_FORK:
    case LEADER_GONE:
        thread_above = a;
        atomic_store(&shared->nodes[a].flag, b);
        thread(fork_in_thread, kind == LEADER_GONE ? &node : NULL, kind == LEADER_GONE);
        break;
    case THREAD_EXEC:
        thread(exec_in_thread, &b, 0);
        break;
    case RENAME_BEFORE:
        if ((leaf = start(&node)) == 0) { await_flag(a); ACT(a, b, root_node); }
        name("w%d");
        atomic_store(&shared->nodes[a].flag, 1);
        await(leaf);
        break;
    case GRANDPARENT:
        if ((leaf = start(&node)) == 0) {
            await_flag(a);
            int third = me, fourth;
            if ((leaf = start(&fourth)) == 0) ACT(third, a, root_node);
            await(leaf);
            _exit(0);
        }
        atomic_store(&shared->nodes[b].flag, 1);
        await_other_parent(bs_pid);
        atomic_store(&shared->nodes[a].flag, 1);
        await(leaf);
        break;
    case EARLY:
    case EARLY_NO_EXEC:
        if ((leaf = start(&node)) == 0) ACT(a, root_node);
        await(leaf);
        break;
    default:
        if ((leaf = start(&node)) == 0) ACT(a, b, root_node);
        await(leaf);
        if (kind == EXEC_AFTER) become("m", 4, b);
        if (kind == RENAME_AFTER) name("x%d");
    }
    _exit(0);
}

/* The first generation, `b`. */
static void first(void) {
    int node, b = me, pid = getpid();
    if (kind == SUBREAPER) prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (kind == RENAMED) name("r%d");
    if (start(&node) == 0) {
        if (kind == NO_EXEC) name("n%d");
        if (kind == EARLY || kind == EARLY_NO_EXEC) await_other_parent(pid);
        if (kind != NO_EXEC && kind != EARLY_NO_EXEC && kind != RENAMED && kind != LEAF_ORPHAN) become("a", 1, b);
        second(b);
    }
    if (kind == EARLY || kind == EARLY_NO_EXEC) _exit(0);
    if (kind == GRANDPARENT) { await_flag(b); _exit(0); }
    await_all();
    _exit(0);
}

static void map(const char *path) {
    shared_path = path;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) fail(path);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) fail("mmap");
    close(file);
    alarm(LONGEST); /* whoever loses its relatives does not stay for ever */
}

static void root(int families, int at_once) {
    int node;
    root_node = me = node_like(0);
    shared->nodes[me].pid = host_pid();
    strcpy(shared->nodes[me].comm, "storm");
    snprintf(shared->nodes[me].command, COMMAND, "root %s %d %d", shared_path, families, at_once);
    snprintf(shared->nodes[me].path, sizeof shared->nodes[me].path, "%s/storm", directory);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (family = 0; family < families || running; ) {
        if (family < families && running < at_once) {
            kind = family % 400 == 399 ? PARENT_MIDDLE : family % KINDS;
            int pid = start(&node);
            if (pid == 0) become("b", 0, 0);
            is_first[pid] = 1;
            running++;
            family++;
            continue;
        }
        if (reap(0) < 0 && errno == ECHILD) break;
    }
    await_all();
}

static void shrink(void) { /* the pid namespace, where the kernel can (Linux 6.14) and the test says so */
    const char *limit = getenv("PID_MAX");
    char path[128];
    if (!limit) return;
    snprintf(path, sizeof path, "%s/sys/kernel/pid_max", proc_path);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, limit, strlen(limit)) < 0) fail(path);
    close(file);
}

int main(int argc, char **argv) {
    truth_path = getenv("TRUTH");
    proc_path = getenv("HOST_PROC");
    directory = getenv("DIRECTORY");
    if (argc < 4 || !truth_path || !proc_path || !directory) return 2;
    if (!strcmp(argv[1], "root")) {
        shrink();
        map(argv[2]);
        root(atoi(argv[3]), atoi(argv[4]));
        return 0;
    }
    map(argv[7]);
    int stage = atoi(argv[2]), above = atoi(argv[4]);
    me = atoi(argv[3]);
    kind = atoi(argv[5]);
    family = atoi(argv[6]);
    int node, leaf, a = me;
    switch (stage) {
    case 0: first(); break;
    case 1: second(above); break;
    case 2: /* executed after the leaf was forked: now it may act */
        atomic_store(&shared->nodes[a].flag, 1);
        await_all();
        break;
    case 3:
        if ((leaf = start(&node)) == 0) ACT(a, above, root_node);
        await(leaf);
        break;
    }
    return 0;
}
