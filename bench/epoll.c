/* The price of epoll_wait(2) itself: `./epoll REGISTERED READY` registers the
 * reading ends of as many socket pairs, makes some readable, and prints the
 * nanoseconds that a wait of 0 takes, one line a round. A second thread is alive,
 * as in Node: the kernel takes a dearer path for every descriptor then. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void *sleeper(void *unused) {
  (void)unused;
  pause();
  return NULL;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const int registered = atoi(argv[1]);
  const int ready = atoi(argv[2]);
  const int calls = atoi(argv[3]);

  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  pthread_t thread;
  pthread_create(&thread, NULL, sleeper, NULL);

  const int epfd = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < registered; i++) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = pair[0]}};
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, pair[0], &event) != 0) return 1;
    if (i < ready && write(pair[1], "x", 1) != 1) return 1;
  }
  struct epoll_event *events = calloc((size_t)registered, sizeof *events);
  for (int round = 0; round < 5; round++) {
    const double start = now();
    for (int call = 0; call < calls; call++) {
      if (epoll_wait(epfd, events, registered, 0) != ready) return 1;
    }
    printf("%f\n", (now() - start) / calls);
  }
  return 0;
}
