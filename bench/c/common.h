/* What every competitor in C begins with. */
#ifndef COMMON_H
#define COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline void *sleeper(void *unused) {
  (void)unused;
  for (;;) pause();
  return NULL;
}

/* A second thread, as Node always has some: the kernel takes a dearer path for
 * every descriptor then. And as many descriptors as the system allows. */
static inline void begin(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  pthread_t thread;
  if (pthread_create(&thread, NULL, sleeper, NULL) != 0) fail("pthread_create");
}

/* Opens `count` sockets that are connected in pairs, under the lowest numbers. */
static inline void open_sockets(int *fds, int count) {
  for (int i = 0; i < count; i += 2) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0) {
      fail("socketpair");
    }
    fds[i] = pair[0];
    fds[i + 1] = pair[1];
  }
}

/* Makes the first `ready` sockets readable: each has a byte from its peer. */
static inline void make_ready(const int *fds, int ready) {
  for (int i = 0; i < ready; i++) {
    if (send(fds[i ^ 1], "x", 1, 0) != 1) fail("send");
  }
}

#endif
