/*
 * limit - what this machine can do at most: one thread that receives a torrent from a good peer of loadgen, and checks and writes its pieces if told to.
 *
 *   limit INFO-HASH PIECE-LENGTH LENGTH ADDRESS PORT [hash PIECES-FILE] [write FILE]
 *
 * Not a client: it knows that loadgen answers in the order of the requests, so it can receive each piece with one scattered read, straight to its place.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire.h"

enum { BLOCK = 16384, WINDOW = 512, VECTOR = 128 };

typedef unsigned char *(*sha1_function)(const unsigned char *, size_t, unsigned char *);

static torrent wanted;
static int peer;
static uint32_t ask_piece, ask_begin, in_flight;

static uint32_t block_length(uint32_t piece, uint32_t begin) {
  uint32_t left = piece_size(&wanted, piece) - begin;
  return left < BLOCK ? left : BLOCK;
}

static void say(const void *bytes, size_t n) {
  if (send(peer, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) fail("send");
}

/* Fills the window again when it is half empty. */
static void ask(void) {
  static uint8_t requests[WINDOW * 17];
  uint8_t *at = requests;
  if (in_flight > WINDOW / 2) return;
  for (; in_flight < WINDOW && ask_piece < wanted.pieces; in_flight++, at += 17) {
    uint32_t length = block_length(ask_piece, ask_begin);
    put32(at, 13);
    at[4] = REQUEST;
    put32(at + 5, ask_piece);
    put32(at + 9, ask_begin);
    put32(at + 13, length);
    ask_begin += length;
    if (ask_begin == piece_size(&wanted, ask_piece)) ask_piece++, ask_begin = 0;
  }
  if (at > requests) say(requests, at - requests);
}

static void hear(void *to, size_t n) {
  if (n && recv(peer, to, n, MSG_WAITALL) != (ssize_t)n) fail("receive");
}

static void until_unchoked(void) {
  uint8_t head[5], payload[1 << 16];
  do {
    hear(head, 4);
    uint32_t length = get32(head);
    if (length > sizeof payload) fail("message");
    if (length) hear(head + 4, 1), hear(payload, length - 1);
    else head[4] = 0xff;
  } while (head[4] != UNCHOKE);
}

static void receive_vector(struct iovec *vector, int count) {
  while (count) {
    ssize_t n = readv(peer, vector, count);
    if (n <= 0) fail("receive");
    for (; count && (size_t)n >= vector->iov_len; vector++, count--) n -= vector->iov_len;
    if (count) vector->iov_base = (uint8_t *)vector->iov_base + n, vector->iov_len -= n;
  }
}

static void receive_piece(uint32_t piece, uint8_t *to) {
  static uint8_t headers[VECTOR][BLOCK_HEADER];
  struct iovec vector[2 * VECTOR];
  for (uint32_t begin = 0, size = piece_size(&wanted, piece); begin < size;) {
    int blocks = 0;
    uint32_t first = begin;
    for (ask(); begin < size && blocks < VECTOR && blocks < (int)in_flight; blocks++) {
      uint32_t length = block_length(piece, begin);
      vector[2 * blocks] = (struct iovec){headers[blocks], BLOCK_HEADER};
      vector[2 * blocks + 1] = (struct iovec){to + begin, length};
      begin += length;
    }
    receive_vector(vector, 2 * blocks);
    in_flight -= blocks;
    for (int i = 0; i < blocks; i++)
      if (headers[i][4] != PIECE || get32(headers[i] + 5) != piece || get32(headers[i] + 9) != first + i * BLOCK) fail("block");
  }
}

/* By its name at run time, so that building needs no headers of OpenSSL. */
static sha1_function find_sha1(void) {
  void *library = dlopen("libcrypto.so.3", RTLD_NOW);
  sha1_function found = library ? (sha1_function)dlsym(library, "SHA1") : NULL;
  if (!found) fail("libcrypto.so.3");
  return found;
}

static void dial(const char *address, int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  int on = 1;
  inet_pton(AF_INET, address, &at.sin_addr);
  peer = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(peer, (void *)&at, sizeof at)) fail("connect");
  setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int main(int argc, char **argv) {
  if (argc < 6) fail("limit INFO-HASH PIECE-LENGTH LENGTH ADDRESS PORT [hash PIECES-FILE] [write FILE]");
  wanted = torrent_from(argv + 1);
  sha1_function sha1 = NULL;
  uint8_t *hashes = NULL;
  int file = -1;
  for (int i = 6; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "write")) {
      file = open(argv[i + 1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
      if (file < 0) fail(argv[i + 1]);
    } else {
      FILE *pieces = fopen(argv[i + 1], "rb");
      sha1 = find_sha1();
      hashes = malloc(20ul * wanted.pieces);
      if (!pieces || !hashes || fread(hashes, 20, wanted.pieces, pieces) != wanted.pieces) fail(argv[i + 1]);
    }
  }
  uint8_t handshake[HANDSHAKE], *piece = malloc(wanted.piece_length), hash[20];
  dial(argv[4], atoi(argv[5]));
  put_handshake(handshake, &wanted, 1, "-LM0001-limitreceive");
  say(handshake, sizeof handshake);
  hear(handshake, sizeof handshake);
  say("\0\0\0\1\2", 5); /* interested */
  until_unchoked();
  for (uint32_t i = 0; i < wanted.pieces; i++) {
    uint32_t size = piece_size(&wanted, i);
    receive_piece(i, piece);
    if (sha1 && memcmp(sha1(piece, size, hash), hashes + 20ul * i, 20)) fail("piece");
    if (file >= 0 && pwrite(file, piece, size, (uint64_t)i * wanted.piece_length) != size) fail("write");
  }
}
