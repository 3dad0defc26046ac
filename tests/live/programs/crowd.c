/* A crowd of short processes: crowd TRUTH COUNT AT_ONCE.
 *
 * Runs COUNT families, AT_ONCE of them at a time. Each is a process that executes this program again as /m and has a
 * child, which gets a session, a process group, both or neither of its own, writes down what it is, and executes /act
 * with a variable that no other has. /proc of the host must be at /host/proc.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int host_pid(void)
{
    char link[32];
    ssize_t length = readlink("/host/proc/self", link, sizeof link - 1);
    if (length < 0)
        exit(3);
    link[length] = 0;
    return atoi(link);
}

static int terminal(void)
{
    char line[1024];
    int tty = -1, file = open("/proc/self/stat", O_RDONLY);
    ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    if (length < 0)
        exit(4);
    line[length] = 0;
    sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %d", &tty);
    return tty;
}

static void act(int truth, const char *number, int middle, int above)
{
    char line[256], nonce[64];
    int kind = atoi(number) % 4;
    if (kind == 1)
        setpgid(0, 0);
    if (kind == 2)
        setsid();
    snprintf(nonce, sizeof nonce, "NONCE=n%s", number);
    int length = snprintf(line, sizeof line, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", number, host_pid(), getpid(),
                          getpgid(0), getsid(0), terminal(), middle, above);
    if (write(truth, line, length) != length)
        exit(5);
    char *argv[] = {"act", (char *)number, NULL}, *envp[] = {"PATH=/bin", nonce, "LAST=1", NULL};
    execve("/act", argv, envp);
    exit(6);
}

int main(int argc, char **argv)
{
    if (strcmp(argv[0], "m") == 0) {
        int truth = atoi(argv[1]), status;
        int middle = host_pid();
        pid_t child = fork();
        if (child == 0)
            act(truth, argv[2], middle, atoi(argv[3]));
        waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    }
    int truth = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600), count = atoi(argv[2]), at_once = atoi(argv[3]);
    int failed = 0, running = 0, status;
    char number[16], above[16], descriptor[16];
    snprintf(above, sizeof above, "%d", host_pid());
    snprintf(descriptor, sizeof descriptor, "%d", truth);
    for (int i = 0; i < count; i++) {
        while (running >= at_once && wait(&status) > 0)
            running--, failed += status != 0;
        snprintf(number, sizeof number, "%d", i);
        if (fork() == 0) {
            char *again[] = {"m", descriptor, number, above, NULL}, *none[] = {NULL};
            execve("/m", again, none);
            exit(7);
        }
        running++;
    }
    while (wait(&status) > 0)
        failed += status != 0;
    return failed != 0;
}
