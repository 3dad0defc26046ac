/* Makes system calls of the 32-bit ABI from a 64-bit program, by int 0x80.
 *
 *   narrow open PATH | execve PATH | connect ADDRESS PORT
 *
 * What the calls point to lies in the first 4 GiB, where 32-bit pointers reach.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OPEN = 5, EXECVE = 11, SOCKETCALL = 102, SOCKET = 1, CONNECT = 3 };

static char *low;

static uint32_t put(const void *data, size_t length) {
    char *place = low;
    memcpy(place, data, length);
    low += (length + 15) & ~15ul;
    return (uint32_t)(uintptr_t)place;
}

static int narrow(uint32_t number, uint32_t first, uint32_t second, uint32_t third) {
    long result = number;
    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"((long)first), "c"((long)second), "d"((long)third)
                     : "memory", "r8", "r9", "r10", "r11");
    return (int)result;
}

int main(int argc, char **argv) {
    low = mmap(0, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED || argc < 3)
        return 2;
    int result = -1;
    uint32_t path = put(argv[2], strlen(argv[2]) + 1);
    if (!strcmp(argv[1], "open")) {
        result = narrow(OPEN, path, 0, 0);
    } else if (!strcmp(argv[1], "execve")) {
        uint32_t arguments[] = {path, 0}, environment[] = {0};
        result = narrow(EXECVE, path, put(arguments, sizeof arguments), put(environment, sizeof environment));
    } else if (!strcmp(argv[1], "connect") && argc > 3) {
        struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))};
        inet_pton(AF_INET, argv[2], &peer.sin_addr);
        uint32_t made[] = {AF_INET, SOCK_DGRAM, 0};
        uint32_t number = narrow(SOCKETCALL, SOCKET, put(made, sizeof made), 0);
        uint32_t connected[] = {number, put(&peer, sizeof peer), sizeof peer};
        result = narrow(SOCKETCALL, CONNECT, put(connected, sizeof connected), 0);
    }
    printf("%d\n", result);
    fflush(stdout);
    usleep(400000);
    return result < 0;
}
