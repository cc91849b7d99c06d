/*
 * leech - peers on loopback that take from one seed, as fast as it gives, and throw away what comes.
 *
 *   leech INFO-HASH PIECE-LENGTH LENGTH ADDRESS PORT PID COUNT BYTES [SECONDS]
 *
 * COUNT connections, each from an address of its own above ADDRESS, fetch BYTES each, in order, from places of the torrent that lie evenly apart. With 0 BYTES they shake hands and say
 * nothing more for SECONDS (10). PID is the seed's process: one line of JSON says what it used meanwhile, in CPU seconds, and what it most held in memory; of idle links, what part
 * of a core they take, and by how much memory has grown for each.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

enum { BLOCK = 16384, WINDOW = 256, INPUT = 1 << 18 };

typedef struct {
  int fd, unchoked;
  uint64_t first, asked, got, blocks; /* block numbers: `first` is where it begins; counts of blocks */
  uint32_t skip;                      /* bytes of a block that are still to come */
  size_t held;
  uint8_t input[INPUT];
} leecher;

static torrent t;
static int seed;

static double cpu_of(int pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f) fail("the seed is gone");
  size_t n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = 0;
  unsigned long user, system;
  if (sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) fail(path);
  return (double)(user + system) / sysconf(_SC_CLK_TCK);
}

/* KiB: "VmHWM:" at most, "VmRSS:" now. */
static long memory_of(int pid, const char *what) {
  char path[64], line[256];
  long value = 0;
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *f = fopen(path, "r");
  if (!f) fail("the seed is gone");
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, what, strlen(what))) value = strtol(line + strlen(what), NULL, 10);
  fclose(f);
  return value;
}

static void ask(leecher *l) {
  static uint8_t words[WINDOW * 17];
  size_t n = 0;
  uint64_t per_piece = t.piece_length / BLOCK, all = (t.length + BLOCK - 1) / BLOCK;
  if (l->asked - l->got > WINDOW / 2) return;
  for (; l->asked < l->blocks && l->asked - l->got < WINDOW; l->asked++, n += 17) {
    uint64_t block = (l->first + l->asked) % all;
    uint32_t piece = block / per_piece, begin = block % per_piece * BLOCK, left = piece_size(&t, piece) - begin;
    put32(words + n, 13);
    words[n + 4] = REQUEST;
    put32(words + n + 5, piece);
    put32(words + n + 9, begin);
    put32(words + n + 13, left < BLOCK ? left : BLOCK);
  }
  if (n && send(l->fd, words, n, MSG_NOSIGNAL) != (ssize_t)n) fail("send");
}

static void hear(leecher *l) {
  ssize_t n = recv(l->fd, l->input + l->held, INPUT - l->held, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) fail("the seed hung up");
  l->held += n;
  size_t at = 0;
  for (;;) {
    size_t left = l->held - at;
    if (l->skip) {
      size_t some = left < l->skip ? left : l->skip;
      at += some;
      if (l->skip -= some) break;
      l->got++;
      continue;
    }
    if (l->input[at] == 0x13 && left >= 20 && !memcmp(l->input + at + 1, "BitTorrent protocol", 19)) {
      if (left < HANDSHAKE) break;
      at += HANDSHAKE;
      continue;
    }
    if (left < 5) break;
    uint32_t length = get32(l->input + at);
    if (length && l->input[at + 4] == PIECE) {
      if (left < BLOCK_HEADER) break;
      at += BLOCK_HEADER;
      l->skip = length - 9;
      continue;
    }
    if (left < 4 + length) break;
    if (length && l->input[at + 4] == UNCHOKE) l->unchoked = 1;
    if (length && l->input[at + 4] == CHOKE) l->unchoked = 0, l->asked = l->got;
    at += 4 + length;
  }
  memmove(l->input, l->input + at, l->held -= at);
  if (l->unchoked) ask(l);
}

int main(int argc, char **argv) {
  if (argc < 9) fail("leech INFO-HASH PIECE-LENGTH LENGTH ADDRESS PORT PID COUNT BYTES [SECONDS]");
  t = torrent_from(argv + 1);
  seed = atoi(argv[6]);
  int count = atoi(argv[7]), idle = atoi(argv[8]) == 0, pause = argc > 9 ? atoi(argv[9]) : 10;
  uint64_t blocks = strtoull(argv[8], NULL, 10) / BLOCK;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[5]))};
  if (inet_pton(AF_INET, argv[4], &at.sin_addr) != 1) fail(argv[4]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int events = epoll_create1(EPOLL_CLOEXEC);
  leecher *all = calloc(count, sizeof *all);
  double cpu = cpu_of(seed);
  long rss = memory_of(seed, "VmRSS:");
  uint64_t began = now_us(), bytes = 0;
  for (int i = 0; i < count; i++) {
    leecher *l = &all[i];
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ntohl(at.sin_addr.s_addr) + 0x10000 + i * 256 + 7)};
    int on = 1;
    char id[21];
    uint8_t hello[HANDSHAKE + 5];
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(l->fd, (void *)&from, sizeof from) || connect(l->fd, (void *)&at, sizeof at)) fail("connect");
    l->blocks = blocks;
    l->first = (t.length + BLOCK - 1) / BLOCK / count * i / (t.piece_length / BLOCK) * (t.piece_length / BLOCK);
    snprintf(id, sizeof id, "-LE0001-%012d", i);
    put_handshake(hello, &t, 0, id);
    put32(hello + HANDSHAKE, 1);
    hello[HANDSHAKE + 4] = INTERESTED;
    if (send(l->fd, hello, idle ? HANDSHAKE : sizeof hello, MSG_NOSIGNAL) < 0) fail("send");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
    epoll_ctl(events, EPOLL_CTL_ADD, l->fd, &event);
    if (idle) usleep(2000); /* the seed takes so many unfinished handshakes at a time */
  }
  if (idle) {
    sleep(3);
    cpu = cpu_of(seed), began = now_us();
    sleep(pause);
    double seconds = (now_us() - began) / 1e6;
    printf("{\"links\":%d,\"core\":%.5f,\"kib_each\":%.1f}\n", count, (cpu_of(seed) - cpu) / seconds, (double)(memory_of(seed, "VmRSS:") - rss) / count);
    return 0;
  }
  for (int done = 0; done < count;) {
    struct epoll_event ready[64];
    int n = epoll_wait(events, ready, 64, -1);
    for (int i = 0; i < n; i++) {
      leecher *l = ready[i].data.ptr;
      uint64_t got = l->got;
      hear(l);
      if (got >= l->blocks || l->got < l->blocks) continue;
      done++;
      /* Others wait for its place. */
      if (send(l->fd, "\0\0\0\1\3", 5, MSG_NOSIGNAL) < 0) fail("send");
    }
  }
  double seconds = (now_us() - began) / 1e6;
  for (int i = 0; i < count; i++) bytes += all[i].got * BLOCK;
  printf("{\"bytes\":%lu,\"seconds\":%.3f,\"cpu\":%.2f,\"cpu_per_gib\":%.3f,\"peak_kib\":%ld}\n", bytes, seconds, cpu_of(seed) - cpu, (cpu_of(seed) - cpu) * (1 << 30) / bytes, memory_of(seed, "VmHWM:"));
  return 0;
}
