/*
 * hash - what this machine can do at most when a torrent is made: threads that read a file and hash its pieces (OpenSSL), and write the hashes one after the other.
 *
 *   hash FILE PIECE-LENGTH THREADS PIECES-FILE
 *
 * It finds no files, knows no other, and makes no torrent.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire.h"

/* Stays in a core's own cache between the read and the hash. */
enum { CHUNK = 256 << 10, MOST_THREADS = 64 };

static struct {
  void *(*create)(void);
  void *(*sha1)(void);
  int (*init)(void *, void *, void *);
  int (*update)(void *, const void *, size_t);
  int (*final)(void *, unsigned char *, unsigned *);
} evp;

static int file;
static uint64_t length, piece_length, pieces;
static uint8_t *hashes;
static atomic_ulong next;

/* By name at run time, so that building needs no headers of OpenSSL. */
static void find_evp(void) {
  void *library = dlopen("libcrypto.so.3", RTLD_NOW);
  if (!library) fail("libcrypto.so.3");
  *(void **)&evp.create = dlsym(library, "EVP_MD_CTX_new");
  *(void **)&evp.sha1 = dlsym(library, "EVP_sha1");
  *(void **)&evp.init = dlsym(library, "EVP_DigestInit_ex");
  *(void **)&evp.update = dlsym(library, "EVP_DigestUpdate");
  *(void **)&evp.final = dlsym(library, "EVP_DigestFinal_ex");
  if (!evp.create || !evp.sha1 || !evp.init || !evp.update || !evp.final) fail("EVP");
}

static void *work(void *unused) {
  uint8_t *chunk = malloc(CHUNK);
  void *state = evp.create();
  for (uint64_t piece; (piece = atomic_fetch_add(&next, 1)) < pieces;) {
    uint64_t end = (piece + 1) * piece_length < length ? (piece + 1) * piece_length : length;
    evp.init(state, evp.sha1(), NULL);
    for (uint64_t at = piece * piece_length; at < end;) {
      ssize_t n = pread(file, chunk, end - at < CHUNK ? end - at : CHUNK, at);
      if (n <= 0) fail("read");
      evp.update(state, chunk, n);
      at += n;
    }
    evp.final(state, hashes + 20 * piece, NULL);
  }
  return unused;
}

int main(int argc, char **argv) {
  if (argc != 5) fail("hash FILE PIECE-LENGTH THREADS PIECES-FILE");
  struct stat stat;
  pthread_t threads[MOST_THREADS];
  int count = atoi(argv[3]);
  file = open(argv[1], O_RDONLY);
  if (file < 0 || fstat(file, &stat) || count < 1 || count > MOST_THREADS) fail(argv[1]);
  length = stat.st_size;
  piece_length = strtoull(argv[2], NULL, 10);
  pieces = (length + piece_length - 1) / piece_length;
  hashes = malloc(20 * pieces);
  find_evp();
  for (int i = 0; i < count; i++)
    if (pthread_create(&threads[i], NULL, work, NULL)) fail("thread");
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
  FILE *out = fopen(argv[4], "wb");
  if (!out || fwrite(hashes, 20, pieces, out) != pieces || fclose(out)) fail(argv[4]);
}
