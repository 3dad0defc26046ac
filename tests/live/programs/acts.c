/* Acts that the shipped rules are about, each harmless and undone when it ends.
 *
 *   acts ACT [ARGUMENT]
 *
 * Exit status 0: done as far as the kernel allows; 2: it cannot be done here.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int cannot(const char *what) { return perror(what), 2; }

/* A child that does nothing, to do things to. */
static pid_t victim(void) {
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    return child;
}

static int ended(pid_t child, int status) {
    kill(child, SIGKILL);
    waitpid(child, 0, 0);
    return status;
}

static int attach(void) {
    pid_t child = victim();
    return ended(child, ptrace(PTRACE_SEIZE, child, 0, 0) ? cannot("ptrace") : 0);
}

static int traceme(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) ? 2 : 0);
    int status;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static int write_memory(void) {
    pid_t child = victim();
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/mem", child);
    int file = open(name, O_WRONLY);
    return ended(child, file < 0 ? cannot(name) : 0);
}

static int write_vector(void) {
    static char here[8], there[8];
    pid_t child = victim();
    struct iovec from = {here, sizeof here}, to = {there, sizeof there};
    return ended(child, process_vm_writev(child, &from, 1, &to, 1, 0) < 0 ? cannot("process_vm_writev") : 0);
}

static int page_faults(void) {
    if (setuid(65534))
        return cannot("setuid");
    return syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY) < 0 ? cannot("userfaultfd") : 0;
}

static int ring(void) {
    struct io_uring_params params = {0};
    return syscall(SYS_io_uring_setup, 1, &params) < 0 ? cannot("io_uring_setup") : 0;
}

/* Opens a file of its own by handle. */
static int by_handle(const char *name) {
    struct { struct file_handle head; char data[MAX_HANDLE_SZ]; } handle = {{.handle_bytes = MAX_HANDLE_SZ}};
    int mount, directory = open("/", O_RDONLY | O_DIRECTORY);
    (void)directory;
    close(open(name, O_CREAT | O_RDWR, 0600));
    if (name_to_handle_at(AT_FDCWD, name, &handle.head, &mount, 0))
        return cannot("name_to_handle_at");
    int beside = open(name, O_RDONLY);
    int file = open_by_handle_at(beside, &handle.head, O_RDONLY);
    return file < 0 ? cannot("open_by_handle_at") : 0;
}

static int open_for_writing(const char *name) { return open(name, O_WRONLY) < 0 ? cannot(name) : 0; }

static int makes(const char *name) { return creat(name, 0600) < 0 ? cannot(name) : 0; }

/* The newest call that changes a mode, which few programs use and few lists name. */
static int sets_user_id(const char *name) {
    if (creat(name, 0600) < 0)
        return cannot(name);
    return syscall(452 /* fchmodat2 */, AT_FDCWD, name, 04755, 0) ? cannot("fchmodat2") : 0;
}

static int open_for_reading(const char *name) { return open(name, O_RDONLY) < 0 ? cannot(name) : 0; }

static struct sockaddr_in at(const char *address, int port) {
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &made.sin_addr);
    return made;
}

/* Connects to a server of its own. */
static int connects(const char *address, int port) {
    struct sockaddr_in server = at(address, port);
    int listening = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (void *)&server, sizeof server) || listen(listening, 1))
        return cannot("bind");
    return connect(client, (void *)&server, sizeof server) ? cannot("connect") : 0;
}

static int redirects(void) {
    struct sockaddr_in server = at("127.0.0.1", 9);
    int client = socket(AF_INET, SOCK_DGRAM, 0);
    if (connect(client, (void *)&server, sizeof server))
        return cannot("connect");
    return dup2(client, 0) ? cannot("dup2") : 0;
}

static int packets(void) { return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? cannot("socket") : 0; }

/* Runs a copy of itself that is in no file. */
static int in_memory(void) {
    char piece[65536];
    int self = open("/proc/self/exe", O_RDONLY), memory = memfd_create("nothing", MFD_CLOEXEC);
    for (ssize_t size; (size = read(self, piece, sizeof piece)) > 0;)
        if (write(memory, piece, size) != size)
            return cannot("write");
    char *argv[] = {"nothing", "none", 0}, *none[] = {0};
    fexecve(memory, argv, none);
    return cannot("fexecve");
}

/* No module: the kernel refuses it, whether or not it has modules. */
static int module(void) { return syscall(SYS_init_module, "x", 1L, "") == 0; }

static int runs(int user, char **argv) {
    pid_t child = fork();
    if (child == 0) {
        if (user && setuid(user))
            _exit(2);
        execv(argv[0], argv);
        _exit(2);
    }
    int status;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static int done(const char *act, const char *argument, char **argv) {
    if (!strcmp(act, "none")) return 0;
    if (!strcmp(act, "attach")) return attach();
    if (!strcmp(act, "traceme")) return traceme();
    if (!strcmp(act, "memory")) return write_memory();
    if (!strcmp(act, "vector")) return write_vector();
    if (!strcmp(act, "faults")) return page_faults();
    if (!strcmp(act, "ring")) return ring();
    if (!strcmp(act, "handle")) return by_handle(argument);
    if (!strcmp(act, "write")) return open_for_writing(argument);
    if (!strcmp(act, "read")) return open_for_reading(argument);
    if (!strcmp(act, "creat")) return makes(argument);
    if (!strcmp(act, "fchmodat2")) return sets_user_id(argument);
    if (!strcmp(act, "late")) return sleep(6), open_for_reading(argument);
    if (!strcmp(act, "connect")) return connects(argument, atoi(argv[3]));
    if (!strcmp(act, "redirect")) return redirects();
    if (!strcmp(act, "packets")) return packets();
    if (!strcmp(act, "memfd")) return in_memory();
    if (!strcmp(act, "module")) return module();
    if (!strcmp(act, "run")) return runs(0, argv + 2);
    if (!strcmp(act, "run-as-33")) return runs(33, argv + 2);
    return 2;
}

int main(int argc, char **argv) {
    int status = done(argc > 1 ? argv[1] : "none", argc > 2 ? argv[2] : "", argv);
    usleep(100000); /* so that what no record tells of the process can be read */
    return status;
}
