/*
 * loadgen - peers on loopback: good ones that serve a made-up torrent faster than any client takes it, and bad ones of every kind that a real list is full of.
 *
 *   loadgen INFO-HASH PIECE-LENGTH LENGTH [quick-acks]
 *
 * One thread: epoll, and one sendmsg for up to 64 blocks straight from memory. Lines on standard input drive it, and it ends with them:
 *
 *   listen ADDRESS PORT MODE [MS [RATE [DISTANCE [PERCENT PLACE PLACES]]]]
 *                                   another peer; a peer that cannot listen ends the program. RATE limits what it sends, in bytes a second (0: no limit). At a DISTANCE
 *                                   it answers so many milliseconds later than it was asked, the handshake too, and the connection alone is there at once. With PERCENT it has so
 *                                   much of the torrent, by lot, and those with a PLACE from 0 to PLACES - 1 have all of it between them
 *   describe FILE                   from now on the peers say, to who asks (BEP 9), what the torrent is: its `info`, as it is in the file
 *   report                          one line of JSON (every connection since the last report, with the moment of each step); closes what is still open
 *
 *   good        the whole torrent for everyone who is interested, at once
 *   slow        the same, MS milliseconds later
 *   choke       has everything, never unchokes
 *   incomplete  has one piece, unchokes
 *   hangup      closes when it has read the handshake
 *   reset       resets what it accepts
 *   refuse      nobody listens on the port
 *   blackhole   no answer to a SYN, as from an address where nobody is (the accept queue is full)
 *
 * With `quick-acks` the kernel acknowledges each request at once. Usually it waits up to 40 ms for an answer to send along, and a client that leaves Nagle's algorithm on waits
 * with it; so it is between any two Linux machines, hence it is so here unless asked otherwise.
 *
 * What it says to one client is in conversation.h.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>

#include "conversation.h"

enum { TICK = 2000 }; /* microseconds after which a limited peer looks whether it may send more */

static int commands = COMMANDS;

static void welcome(peer *p) {
  for (;;) {
    int fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (fd < 0) return;
    if (visit_count == visit_room) visits = realloc(visits, (visit_room = 2 * visit_room + 64) * sizeof *visits);
    connection *c = malloc(sizeof *c);
    if (!visits || !c) fail("memory");
    memset(c, 0, offsetof(connection, input)); /* the big arrays stay untouched until they are used */
    c->kind = CONNECTION, c->fd = fd, c->peer = p, c->visit = visit_count, c->next = open_connections, c->watched = EPOLLIN;
    if (open_connections) open_connections->previous = c;
    open_connections = c;
    visits[visit_count++] = (visit){.peer = p, .accepted = now_us()};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(events, EPOLL_CTL_ADD, fd, &event);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4); /* bbr, where it is the default, halves loopback's throughput */
    if (p->mode != RESET) continue;
    struct linger at_once = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    hang_up(c);
  }
}

static void open_peer(const char *address, const char *mode_name, peer given) {
  peer *p = malloc(sizeof *p);
  if (!p) fail("memory");
  *p = given;
  p->kind = PEER, p->budget_at = now_us();
  static int opened;
  snprintf(p->address, sizeof p->address, "%s", address);
  snprintf(p->id, sizeof p->id, "-LG0001-%012d", ++opened);
  while (p->mode < MODES && strcmp(mode_names[p->mode], mode_name)) p->mode++;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(p->port)};
  if (p->mode == MODES || inet_pton(AF_INET, address, &at.sin_addr) != 1) fail(mode_name);
  int on = 1;
  p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(p->fd, (void *)&at, sizeof at)) fail(address);
  if (p->mode == REFUSE) return;
  if (listen(p->fd, p->mode == BLACKHOLE ? 0 : 1024)) fail(address);
  if (p->mode == BLACKHOLE) {
    for (int i = 0; i < 2; i++) { /* a backlog of 0 holds one connection; the second proves it full. Both stay open as long as we live. */
      int filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (filler < 0 || (connect(filler, (void *)&at, sizeof at) && errno != EINPROGRESS)) fail("blackhole");
    }
    return;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
  epoll_ctl(events, EPOLL_CTL_ADD, p->fd, &event);
}

static void report(void) {
  static double reported;
  struct rusage used;
  while (open_connections) hang_up(open_connections);
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"cpu\":%.3f,\"visits\":[", cpu - reported);
  for (visit *v = visits; v < visits + visit_count; v++)
    printf("%s{\"peer\":\"%s:%d\",\"mode\":\"%s\",\"accepted\":%lu,\"greeted\":%lu,\"interested\":%lu,\"requested\":%lu,\"last\":%lu,\"bytes\":%lu}", v == visits ? "" : ",",
           v->peer->address, v->peer->port, mode_names[v->peer->mode], v->accepted, v->greeted, v->interested, v->requested, v->last, v->bytes);
  puts("]}");
  fflush(stdout);
  reported = cpu;
  visit_count = 0;
}

static void describe(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file || fseek(file, 0, SEEK_END)) fail(path);
  description_length = ftell(file);
  rewind(file);
  description = malloc(description_length);
  if (!description || fread(description, 1, description_length, file) != description_length) fail(path);
  fclose(file);
}

static void obey(char *line) {
  char address[INET6_ADDRSTRLEN], mode_name[16];
  peer p = {0};
  int given = sscanf(line, "listen %45s %d %15s %u %lu %u %u %u %u", address, &p.port, mode_name, &p.delay_ms, &p.rate, &p.distance_ms, &p.percent, &p.place, &p.places);
  if (given >= 3 && given != 7 && given != 8 && (given < 9 || p.place < p.places)) open_peer(address, mode_name, p);
  else if (!strcmp(line, "report")) report();
  else if (!strncmp(line, "describe ", 9)) describe(line + 9);
  else fail(line);
}

/* 0 at the end of the commands. */
static int read_commands(void) {
  static char buffer[INPUT];
  static size_t length;
  ssize_t n = read(0, buffer + length, sizeof buffer - 1 - length);
  if (n <= 0) return 0;
  length += n;
  char *line = buffer, *end;
  while ((end = memchr(line, '\n', buffer + length - line))) {
    *end = 0;
    obey(line);
    line = end + 1;
  }
  memmove(buffer, line, length -= line - buffer);
  return 1;
}

/* Unchokes whoever has waited long enough, and sends to whom more may be sent; milliseconds until the next one, -1 for none. */
static int serve_the_patient(void) {
  uint64_t now = now_us(), next = UINT64_MAX;
  for (connection *c = open_connections, *following; c; c = following) {
    following = c->next;
    if (c->throttled) speak(c);
    if (c->fd >= 0 && c->throttled && now + TICK < next) next = now + TICK;
    if (c->fd < 0 || !c->unchoke_at) continue;
    if (c->unchoke_at <= now) unchoke(c), speak(c);
    else if (c->unchoke_at < next) next = c->unchoke_at;
  }
  return next == UINT64_MAX ? -1 : (int)((next - now) / 1000) + 1;
}

int main(int argc, char **argv) {
  if (argc < 4) fail("loadgen INFO-HASH PIECE-LENGTH LENGTH [quick-acks]");
  quick_acks = argc > 4 && !strcmp(argv[4], "quick-acks");
  served = torrent_from(argv + 1);
  pattern = content_pattern();
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  events = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event input = {.events = EPOLLIN, .data.ptr = &commands};
  if (epoll_ctl(events, EPOLL_CTL_ADD, 0, &input)) fail("standard input");
  for (;;) {
    struct epoll_event ready[256];
    int n = epoll_wait(events, ready, 256, serve_the_patient());
    for (int i = 0; i < n; i++) {
      connection *c = ready[i].data.ptr;
      switch (*(kind *)ready[i].data.ptr) {
        case COMMANDS:
          if (!read_commands()) return 0;
          break;
        case PEER:
          welcome(ready[i].data.ptr);
          break;
        case CONNECTION:
          if (c->fd >= 0) converse(c, ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR));
      }
    }
    while (closed_connections) {
      connection *c = closed_connections;
      closed_connections = c->next;
      free(c->greeting);
      free(c);
    }
  }
}
