/* What the seeder and the reference receivers share: numbers on the wire, the handshake, the geometry of a torrent, the clock. */
#ifndef WIRE_H
#define WIRE_H
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HANDSHAKE = 68, BLOCK_HEADER = 13, REJECTION = 17 };
enum { CHOKE = 0, UNCHOKE = 1, INTERESTED = 2, BITFIELD = 5, REQUEST = 6, PIECE = 7, CANCEL = 8, HAVE_ALL = 14, REJECT = 16, EXTENDED = 20 };

typedef struct {
  uint8_t hash[20];
  uint64_t length;
  uint32_t piece_length, pieces;
} torrent;

static inline void put32(uint8_t *at, uint32_t n) { at[0] = n >> 24, at[1] = n >> 16, at[2] = n >> 8, at[3] = n; }
static inline uint32_t get32(const uint8_t *at) { return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }

/* Microseconds of CLOCK_MONOTONIC: the one clock that the programs of a benchmark share. */
static inline uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline _Noreturn void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "not as expected");
  exit(2);
}

/* INFO-HASH (40 hex digits), PIECE-LENGTH and LENGTH in bytes. */
static inline torrent torrent_from(char **argument) {
  torrent t = {.piece_length = strtoul(argument[1], NULL, 10), .length = strtoull(argument[2], NULL, 10)};
  for (int i = 0; i < 20; i++)
    if (sscanf(argument[0] + 2 * i, "%2hhx", &t.hash[i]) != 1) fail("info hash");
  if (!t.piece_length || !t.length) fail("geometry");
  t.pieces = (t.length + t.piece_length - 1) / t.piece_length;
  return t;
}

static inline uint32_t piece_size(const torrent *t, uint32_t piece) {
  return piece + 1 < t->pieces ? t->piece_length : t->length - (uint64_t)piece * t->piece_length;
}

/* Offers BEP 10 (the reserved bit 20 from the right) and, where asked for, BEP 6 (bit 2). */
static inline void put_handshake(uint8_t *at, const torrent *t, int fast, const char *peer_id) {
  memcpy(at, "\x13" "BitTorrent protocol\0\0\0\0\0\x10\0\0", 28);
  if (fast) at[27] |= 4;
  memcpy(at + 28, t->hash, 20);
  memcpy(at + 48, peer_id, 20);
}
#endif
