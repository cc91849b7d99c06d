/*
 * The bytes of every torrent of the benchmarks: one 32 MiB pattern, repeated.
 *
 * No data file has to exist, and a seeder sends from memory that is warm. The period is a prime, so no two pieces of one torrent are alike, and data that is
 * written to the wrong place is found out. src/Content.ts makes the same bytes; a test holds the two together.
 */
#ifndef CONTENT_H
#define CONTENT_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  CONTENT_PERIOD = 33554467, /* the first prime after 2^25 */
  LONGEST_BLOCK = 131072,    /* what a `request` may ask for; longer ones are refused by every client */
};

/* The pattern, and its beginning once more behind it: a block is in one piece of memory wherever it starts. */
static inline const uint8_t *content_pattern(void) {
  size_t words = CONTENT_PERIOD / 4 + 1;
  uint32_t *pattern = malloc(words * 4 + LONGEST_BLOCK), state = 0x9e3779b9;
  if (!pattern) abort();
  for (size_t i = 0; i < words; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    pattern[i] = state;
  }
  memcpy((uint8_t *)pattern + CONTENT_PERIOD, pattern, LONGEST_BLOCK);
  return (uint8_t *)pattern;
}
#endif
