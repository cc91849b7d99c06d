/*
 * One connection of loadgen: what a peer hears from a client and says to it.
 *
 * A peer never unchokes twice and never chokes again: behind the greeting there is nothing but answers (the unchoke is one), so what goes out is that and then one queue of them. A full queue stops the reading.
 * A peer at a distance lets each answer lie until its time has come: what is asked of it is answered a round trip later, and as much as a client asks for ahead is under way.
 * A peer of limited rate sends when its budget is above zero, and goes below it by one block at most for each of its connections: over a second it is what it should be.
 */
#ifndef CONVERSATION_H
#define CONVERSATION_H
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "content.h"
#include "wire.h"

enum { BATCH = 64, INPUT = 1 << 16, QUEUE = 4096, OUR_QUEUE = 2000, DESCRIPTION = 1, DESCRIPTION_PART = 1 << 14, LONGEST_HEADER = 80 };

typedef enum { GOOD, SLOW, CHOKING, INCOMPLETE, HANGUP, RESET, REFUSE, BLACKHOLE, MODES } mode;
static const char *mode_names[MODES] = {"good", "slow", "choke", "incomplete", "hangup", "reset", "refuse", "blackhole"};

/* What epoll points to begins with its kind. */
typedef enum { COMMANDS, PEER, CONNECTION } kind;

typedef struct {
  kind kind;
  int fd, port;
  mode mode;
  uint32_t delay_ms;
  uint32_t distance_ms; /* a round trip to it */
  uint64_t rate; /* bytes a second to all of its connections together; 0 is no limit */
  double budget; /* bytes that may be sent now */
  uint64_t budget_at;
  uint32_t percent, place, places; /* what it has of the torrent; it is one of so many that have all of it between them */
  char address[INET6_ADDRSTRLEN];
  char id[21]; /* its own: clients take two peers of one id for one peer */
} peer;

/* What one connection came to, in microseconds of the shared clock; 0 is "never". */
typedef struct {
  peer *peer;
  uint64_t accepted, greeted, interested, requested, last, bytes;
} visit;

/* An answer: a block, a part of the description, the unchoke or the rejection of a block that was cancelled (headers alone), or nothing at all. */
typedef struct {
  uint8_t header[LONGEST_HEADER];
  uint32_t header_length, length;
  const uint8_t *data;
  uint64_t due; /* not sent before */
} block;

typedef struct connection {
  kind kind;
  int fd, fast, greeted, unchoked, watched;
  int throttled; /* has something to send whose time has not come */
  int description_id; /* what the client calls its BEP 9 messages; 0 if it has none */
  struct connection *previous, *next;
  peer *peer;
  size_t visit;
  uint64_t unchoke_at, greet_at;
  uint8_t *greeting; /* handshake and bitfield */
  size_t greeting_length, greeting_sent;
  uint32_t first, last; /* of the queue, counting for ever */
  size_t sent;          /* of the first block, its header included */
  size_t input_length;
  uint8_t input[INPUT];
  block queue[QUEUE];
} connection;

static torrent served;
static const uint8_t *pattern;
static char *description; /* the torrent's `info`; NULL if we do not give it */
static size_t description_length;
static int events, quick_acks;
static connection *open_connections, *closed_connections;
static visit *visits;
static size_t visit_count, visit_room;

static void watch(connection *c) {
  int blocked = !c->throttled && (c->first != c->last || c->greeting_sent < c->greeting_length);
  int wanted = (c->last - c->first < QUEUE ? EPOLLIN : 0) | (blocked ? EPOLLOUT : 0);
  if (wanted == c->watched) return;
  struct epoll_event event = {.events = wanted, .data.ptr = c};
  epoll_ctl(events, EPOLL_CTL_MOD, c->fd, &event);
  c->watched = wanted;
}

/* Freed after the round of events that it may still be part of. */
static void hang_up(connection *c) {
  close(c->fd);
  c->fd = -1;
  *(c->previous ? &c->previous->next : &open_connections) = c->next;
  if (c->next) c->next->previous = c->previous;
  c->next = closed_connections;
  closed_connections = c;
}

/* ---- what we say */

static uint8_t *more_greeting(connection *c, size_t n) {
  c->greeting = realloc(c->greeting, c->greeting_length + n);
  if (!c->greeting) fail("memory");
  c->greeting_length += n;
  return c->greeting + c->greeting_length - n;
}

static uint8_t *message(connection *c, uint8_t id, size_t payload) {
  uint8_t *at = more_greeting(c, 5 + payload);
  put32(at, payload + 1);
  at[4] = id;
  return at + 5;
}

/* Everybody has a share of its own, and the rest by lot. */
static int has(const peer *p, uint32_t piece) {
  if (!p->percent || piece % p->places == p->place) return 1;
  uint32_t lot = (piece * p->places + p->place) * 2654435761u;
  lot = (lot ^ lot >> 15) * 2246822519u;
  /* its own share is a 1/places of all, on top of which there have to be so many that it comes to percent */
  return ((lot ^ lot >> 13) % 10000) * (p->places - 1) < (uint64_t)100 * p->percent * p->places - 10000;
}

static void greet(connection *c, int extended) {
  put_handshake(more_greeting(c, HANDSHAKE), &served, 1, c->peer->id);
  if (extended) {
    char bencoded[128], told[64] = "1:mde";
    if (description) snprintf(told, sizeof told, "1:md11:ut_metadatai%dee13:metadata_sizei%zue", DESCRIPTION, description_length);
    int n = snprintf(bencoded, sizeof bencoded, "%cd%s4:reqqi%de1:v7:loadgene", 0, told, OUR_QUEUE);
    memcpy(message(c, EXTENDED, n), bencoded, n);
  }
  if (c->fast && c->peer->mode != INCOMPLETE && !c->peer->percent) {
    message(c, HAVE_ALL, 0);
    return;
  }
  size_t n = (served.pieces + 7) / 8;
  uint8_t *bits = message(c, BITFIELD, n);
  memset(bits, c->peer->mode == INCOMPLETE ? 0 : 0xff, n);
  if (c->peer->mode == INCOMPLETE) bits[0] = 0x80;
  else if (c->peer->percent) {
    memset(bits, 0, n);
    for (uint32_t i = 0; i < served.pieces; i++)
      if (has(c->peer, i)) bits[i / 8] |= 0x80 >> i % 8;
  } else if (served.pieces % 8) bits[n - 1] = 0xff << (8 - served.pieces % 8);
}

/* The next of the queue, with nothing in it but a header that is still to be written. */
static block *answer(connection *c, uint32_t header_length) {
  block *b = &c->queue[c->last++ % QUEUE];
  b->header_length = header_length;
  b->length = 0;
  b->due = 0;
  return b;
}

static void unchoke(connection *c) {
  block *b = answer(c, 5);
  put32(b->header, 1);
  b->header[4] = UNCHOKE;
  c->unchoked = 1;
  c->unchoke_at = 0;
}

static uint64_t answer_at(const peer *p) { return p->distance_ms ? now_us() + p->distance_ms * 1000ull : 0; }

static size_t gather(connection *c, size_t most, struct iovec *vector, int *count) {
  size_t skip = c->sent, total = 0;
  uint64_t now = c->peer->distance_ms ? now_us() : 0;
  for (uint32_t i = c->first; i != c->last && i - c->first < BATCH && total < most; i++, skip = 0) {
    block *b = &c->queue[i % QUEUE];
    if (b->due > now) break;
    if (skip < b->header_length) vector[(*count)++] = (struct iovec){b->header + skip, b->header_length - skip};
    size_t data = skip < b->header_length ? 0 : skip - b->header_length;
    vector[(*count)++] = (struct iovec){(void *)(b->data + data), b->length - data};
    total += b->header_length + b->length - skip;
  }
  return total;
}

/* How many bytes the peer may send now: what was not sent in the last twentieth of a second is lost. */
static size_t allowance(peer *p) {
  if (!p->rate) return SIZE_MAX;
  uint64_t now = now_us();
  double most = p->rate / 20.0 > LONGEST_BLOCK ? p->rate / 20.0 : LONGEST_BLOCK;
  p->budget += p->rate * ((now - p->budget_at) / 1e6);
  if (p->budget > most) p->budget = most;
  p->budget_at = now;
  return p->budget > 0 ? p->budget : 0;
}

static void advance(connection *c, size_t n) {
  if (n && visits[c->visit].requested) visits[c->visit].bytes += n, visits[c->visit].last = now_us(); /* before the first block it was the unchoke, or the description */
  for (c->sent += n; c->first != c->last; c->first++) {
    block *b = &c->queue[c->first % QUEUE];
    size_t whole = b->header_length + b->length;
    if (c->sent < whole) return;
    c->sent -= whole;
  }
}

static void speak(connection *c) {
  if ((c->throttled = c->greet_at && c->greet_at > now_us())) return watch(c);
  while (c->greeting_sent < c->greeting_length) {
    ssize_t n = send(c->fd, c->greeting + c->greeting_sent, c->greeting_length - c->greeting_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN ? watch(c) : hang_up(c);
    c->greeting_sent += n;
  }
  while (c->first != c->last) {
    size_t most = allowance(c->peer);
    if ((c->throttled = !most)) break;
    struct iovec vector[2 * BATCH];
    struct msghdr header = {.msg_iov = vector};
    int count = 0;
    size_t wanted = gather(c, most, vector, &count);
    if ((c->throttled = !wanted && !count)) break;
    if (!wanted) { /* nothing but what was cancelled */
      advance(c, 0);
      continue;
    }
    header.msg_iovlen = count;
    ssize_t n = sendmsg(c->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) return hang_up(c);
    if (n > 0) advance(c, n), c->peer->budget -= n;
    if (n < (ssize_t)wanted) break;
  }
  watch(c);
}

/* ---- what we hear */

static int ask(connection *c, const uint8_t *payload) {
  uint32_t piece = get32(payload), begin = get32(payload + 4), length = get32(payload + 8);
  if (!c->unchoked) return 1;
  if (piece >= served.pieces || !has(c->peer, piece) || !length || length > LONGEST_BLOCK || (uint64_t)begin + length > piece_size(&served, piece)) return 0;
  if (!visits[c->visit].requested) visits[c->visit].requested = now_us();
  block *b = answer(c, BLOCK_HEADER);
  put32(b->header, 9 + length);
  b->header[4] = PIECE;
  memcpy(b->header + 5, payload, 8);
  b->length = length;
  b->due = answer_at(c->peer);
  b->data = pattern + ((uint64_t)piece * served.piece_length + begin) % CONTENT_PERIOD;
  return 1;
}

/* What has begun to be sent is sent. */
static int cancel(connection *c, const uint8_t *payload) {
  for (uint32_t i = c->first + (c->sent > 0); (int32_t)(c->last - i) > 0; i++) {
    block *b = &c->queue[i % QUEUE];
    if (!b->length || memcmp(b->header + 5, payload, 8)) continue;
    put32(b->header, 13);
    b->header[4] = REJECT;
    memcpy(b->header + 5, payload, 12);
    b->header_length = c->fast ? REJECTION : 0;
    b->length = 0;
    return 1;
  }
  return 1;
}

/* The number behind a key of a bencoded message, -1 if there is none; the message ends with a 0. */
static long number_behind(const char *message, const char *key) {
  const char *at = strstr(message, key);
  return at ? atol(at + strlen(key)) : -1;
}

/* BEP 10, of which the client's name for BEP 9 is all we want, and BEP 9, of which we answer the questions. */
static int hear_extended(connection *c, const uint8_t *payload, size_t length) {
  char text[512];
  if (!length || length > sizeof text || !description) return 1;
  memcpy(text, payload + 1, length - 1);
  text[length - 1] = 0;
  long id = number_behind(text, "11:ut_metadatai"), part = number_behind(text, "5:piecei");
  if (payload[0] == 0 && id > 0) c->description_id = id;
  if (payload[0] != DESCRIPTION || !c->description_id || number_behind(text, "8:msg_typei") != 0) return 1;
  if (part < 0 || (size_t)part * DESCRIPTION_PART >= description_length) return 0;
  block *b = answer(c, 0);
  size_t left = description_length - part * DESCRIPTION_PART;
  b->length = left < DESCRIPTION_PART ? left : DESCRIPTION_PART;
  b->data = (uint8_t *)description + part * DESCRIPTION_PART;
  b->due = answer_at(c->peer);
  b->header[4] = EXTENDED;
  b->header[5] = c->description_id;
  b->header_length = 6 + snprintf((char *)b->header + 6, LONGEST_HEADER - 6, "d8:msg_typei1e5:piecei%lde10:total_sizei%zuee", part, description_length);
  put32(b->header, b->header_length - 4 + b->length);
  return 1;
}

static int hear(connection *c, uint8_t id, const uint8_t *payload, size_t length) {
  if (id == REQUEST) return length == 12 && ask(c, payload);
  if (id == CANCEL) return length == 12 && cancel(c, payload);
  if (id == EXTENDED) return hear_extended(c, payload, length);
  if (id != INTERESTED || visits[c->visit].interested) return 1;
  visits[c->visit].interested = now_us();
  if (c->peer->mode == SLOW) c->unchoke_at = now_us() + c->peer->delay_ms * 1000ull;
  else if (c->peer->mode != CHOKING && c->peer->distance_ms) c->unchoke_at = answer_at(c->peer);
  else if (c->peer->mode != CHOKING) unchoke(c);
  return 1;
}

/* The client's handshake: 1 when it is one for our torrent. Encrypted ones are not; clients that try those first come back in the clear. */
static int meet(connection *c, const uint8_t *handshake) {
  if (memcmp(handshake, "\x13" "BitTorrent protocol", 20) || memcmp(handshake + 28, served.hash, 20)) return 0;
  visits[c->visit].greeted = now_us();
  if (c->peer->mode == HANGUP) return 0;
  c->fast = handshake[27] & 4;
  c->greeted = 1;
  c->greet_at = answer_at(c->peer);
  greet(c, handshake[25] & 0x10);
  return 1;
}

/* Takes in what came; 0 when the connection is over. */
static int fill(connection *c) {
  if (c->input_length == INPUT) return 1;
  ssize_t n = recv(c->fd, c->input + c->input_length, INPUT - c->input_length, MSG_DONTWAIT);
  if (n > 0) c->input_length += n;
  if (quick_acks) setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &quick_acks, sizeof quick_acks); /* the kernel forgets it every time */
  return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Obeys the messages that came whole, while the queue has room for what they ask; how many bytes they were, -1 for what no client of ours would send. */
static ssize_t understand(connection *c) {
  size_t at = 0, left;
  while ((left = c->input_length - at) >= 4 && c->last - c->first < QUEUE) {
    const uint8_t *next = c->input + at;
    if (!c->greeted) {
      if (left < HANDSHAKE && next[0] == 0x13) break;
      if (left < HANDSHAKE || !meet(c, next)) return -1;
      at += HANDSHAKE;
      continue;
    }
    uint32_t length = get32(next);
    if (length > INPUT - 4) return -1;
    if (left < 4 + length) break;
    if (length && !hear(c, next[4], next + 5, length - 1)) return -1;
    at += 4 + length;
  }
  memmove(c->input, c->input + at, c->input_length -= at);
  return at;
}

static void converse(connection *c, int readable) {
  if (readable && !fill(c)) return hang_up(c);
  for (ssize_t n = 1; n > 0 && c->fd >= 0; ) {
    n = understand(c);
    if (n < 0) return hang_up(c);
    speak(c);
  }
}
#endif
