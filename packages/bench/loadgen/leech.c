/*
 * leech - peers on loopback that call one client: they take from it, as fast as it gives, and throw away what comes; or they are there and no more.
 *
 *   leech INFO-HASH PIECE-LENGTH LENGTH ADDRESS PORT PID COUNT take BYTES THERE
 *   leech INFO-HASH PIECE-LENGTH LENGTH ADDRESS PORT PID COUNT idle|hold SECONDS THERE
 *
 * Nothing begins, and no clock runs, before the client says of the first THERE bytes that it has them. `take`: COUNT connections, each from an address of its own above ADDRESS, fetch BYTES
 * each, in order, from places of those bytes that lie evenly apart. `idle`: they shake hands and say nothing more. `hold`: they say that they have everything, and never unchoke.
 * PID is the client's process: one line of JSON says from when to when it took (microseconds of CLOCK_MONOTONIC), what the client used meanwhile in CPU seconds, and what it held in
 * memory; of silent links, which it has until all have been there for 3 s and for SECONDS more, what part of a core they take in these, and by how much memory has grown for each.
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
static uint64_t there;
static struct sockaddr_in at;

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
  uint64_t per_piece = t.piece_length / BLOCK, all = (there + BLOCK - 1) / BLOCK;
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
  if (n <= 0 && l->got >= l->blocks) { /* it has no use for who wants nothing any more */
    close(l->fd);
    return;
  }
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
      /* Not before: aria2 hangs up on whoever says more than a handshake unasked. */
      if (send(l->fd, "\0\0\0\1\2", 5, MSG_NOSIGNAL) < 0) fail("send");
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
    if (length && l->input[at + 4] == UNCHOKE) l->unchoked = 1, l->asked = l->got; /* what it has not sent it has forgotten */
    if (length && l->input[at + 4] == CHOKE) l->unchoked = 0;
    at += 4 + length;
  }
  memmove(l->input, l->input + at, l->held -= at);
  if (l->unchoked) ask(l);
}

static int call(uint32_t place) {
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ntohl(at.sin_addr.s_addr) + 0x10000 + place * 256 + 7)};
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (void *)&from, sizeof from)) fail("bind");
  if (!connect(fd, (void *)&at, sizeof at)) return fd;
  close(fd);
  return -1;
}

static void greet(int fd, uint32_t place, const char *more, size_t length) {
  char id[21];
  uint8_t hello[HANDSHAKE + 16];
  snprintf(id, sizeof id, "-LE0001-%012u", place);
  put_handshake(hello, &t, length && more[4] == HAVE_ALL, id);
  memcpy(hello + HANDSHAKE, more, length);
  if (send(fd, hello, HANDSHAKE + length, MSG_NOSIGNAL) < 0) fail("send");
}

/* Reads so many bytes, or not, within a second of silence. */
static int heard(int fd, void *to, size_t n) { return recv(fd, to, n, MSG_WAITALL) == (ssize_t)n; }

/* Whether the client says now that it has what there is to be taken. */
static int has_all(void) {
  static uint32_t place = 20000;
  static uint8_t payload[1 << 20];
  struct timeval second = {1, 0};
  uint32_t pieces = (there + t.piece_length - 1) / t.piece_length, first;
  uint8_t id;
  int fd = call(++place % 30000), yes = there == 0 && fd >= 0;
  if (fd < 0) return 0;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
  greet(fd, place, "", 0);
  if (!heard(fd, payload, HANDSHAKE)) yes = 0;
  else
    while (!yes && heard(fd, payload, 4)) {
      uint32_t length = get32(payload);
      if (!length) continue;
      if (length > sizeof payload || !heard(fd, payload, length)) break;
      id = payload[0];
      if (id == HAVE_ALL) yes = 1;
      if (id != BITFIELD) continue;
      for (first = 0; first < pieces && (payload[1 + first / 8] & 0x80 >> first % 8);) first++;
      if (!(yes = first == pieces)) break;
    }
  close(fd);
  return yes;
}

int main(int argc, char **argv) {
  if (argc < 11) fail("leech INFO-HASH PIECE-LENGTH LENGTH ADDRESS PORT PID COUNT take|idle|hold BYTES|SECONDS THERE");
  t = torrent_from(argv + 1);
  at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[5]))};
  if (inet_pton(AF_INET, argv[4], &at.sin_addr) != 1) fail(argv[4]);
  seed = atoi(argv[6]);
  there = strtoull(argv[10], NULL, 10);
  int count = atoi(argv[7]), takes = !strcmp(argv[8], "take"), holds = !strcmp(argv[8], "hold");
  uint64_t blocks = takes ? strtoull(argv[9], NULL, 10) / BLOCK : 0, pause = takes ? 0 : strtoull(argv[9], NULL, 10);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int events = epoll_create1(EPOLL_CLOEXEC);
  leecher *all = calloc(count, sizeof *all);
  while (!has_all()) usleep(20000);
  if (!takes) sleep(2); /* it has begun; what that took is not the links' */
  double cpu = cpu_of(seed);
  long rss = memory_of(seed, "VmRSS:");
  uint64_t began = now_us(), bytes = 0, per_piece = t.piece_length / BLOCK;
  for (int i = 0; i < count; i++) {
    leecher *l = &all[i];
    if ((l->fd = call(i)) < 0) fail("connect");
    l->blocks = blocks;
    l->first = there / BLOCK / count * i / per_piece * per_piece;
    greet(l->fd, i, "\0\0\0\1\16", holds ? 5 : 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
    epoll_ctl(events, EPOLL_CTL_ADD, l->fd, &event);
    if (!takes) usleep(2000); /* a client takes so many unfinished handshakes at a time */
  }
  if (!takes) {
    sleep(3);
    cpu = cpu_of(seed), began = now_us();
    sleep(pause);
    double seconds = (now_us() - began) / 1e6;
    int stayed = 0;
    for (int i = 0; i < count; i++) {
      static uint8_t rest[1 << 16];
      ssize_t n;
      while ((n = recv(all[i].fd, rest, sizeof rest, MSG_DONTWAIT)) > 0) continue;
      stayed += n < 0 && errno == EAGAIN;
    }
    if (stayed < count) fail("a link was closed");
    printf("{\"links\":%d,\"core\":%.5f,\"each\":%ld", count, (cpu_of(seed) - cpu) / seconds, (memory_of(seed, "VmRSS:") - rss) * 1024 / count);
    bytes = 0;
  }
  for (int done = 0; takes && done < count;) {
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
  for (int i = 0; i < count; i++) bytes += all[i].got * BLOCK;
  printf("%s\"began\":%lu,\"ended\":%lu,\"bytes\":%lu,\"cpu\":%.2f,\"peak\":%ld,\"anonymous\":%ld}\n", takes ? "{" : ",", began, now_us(), bytes, cpu_of(seed) - cpu, memory_of(seed, "VmHWM:") * 1024,
         memory_of(seed, "RssAnon:") * 1024);
  return 0;
}
