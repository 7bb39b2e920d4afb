/* select(2), poll(2) and epoll_wait(2) themselves: `wait MECHANISM`. A case is
 * SOCKETS/READY; each call looks, and goes through what was found. */
#include "calls.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

enum { most = 20000 };

static const char *mechanism;
static int fds[most];
static int sockets, ready;
static struct pollfd polled[most];
static struct epoll_event events[most];
static int epfd = -1;

static void prepare(const char *name) {
  for (int i = 0; i < sockets + (sockets & 1); i++) close(fds[i]);
  if (epfd >= 0) close(epfd);
  if (sscanf(name, "%d/%d", &sockets, &ready) != 2) exit(2);
  if (sockets >= most) exit(2);
  open_sockets(fds, sockets);
  make_ready(fds, ready);
  epfd = epoll_create1(EPOLL_CLOEXEC);
  if (epfd < 0) fail("epoll_create1");
  for (int i = 0; i < sockets; i++) {
    polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = i}};
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, fds[i], &event) != 0) fail("epoll_ctl");
  }
}

/* The lists are new each time, as they are for who calls select(). */
static int select_once(void) {
  fd_set set;
  int highest = 0, found = 0;
  FD_ZERO(&set);
  for (int i = 0; i < sockets; i++) {
    if (fds[i] >= FD_SETSIZE) exit(3);
    FD_SET(fds[i], &set);
    if (fds[i] > highest) highest = fds[i];
  }
  struct timeval none = {0, 0};
  if (select(highest + 1, &set, NULL, NULL, &none) < 0) fail("select");
  for (int i = 0; i < sockets; i++) found += FD_ISSET(fds[i], &set) ? 1 : 0;
  return found;
}

static int poll_once(void) {
  int found = 0;
  if (poll(polled, (nfds_t)sockets, 0) < 0) fail("poll");
  for (int i = 0; i < sockets; i++) found += (polled[i].revents & POLLIN) != 0;
  return found;
}

static int epoll_once(void) {
  int found = 0;
  const int count = epoll_wait(epfd, events, sockets, 0);
  if (count < 0) fail("epoll_wait");
  for (int i = 0; i < count; i++) {
    found += (events[i].events & EPOLLIN) != 0 && events[i].data.fd < sockets;
  }
  return found;
}

static void calls(long count) {
  int (*once)(void) = mechanism[0] == 's'   ? select_once
                      : mechanism[0] == 'p' ? poll_once
                                            : epoll_once;
  for (long i = 0; i < count; i++) {
    if (once() != ready) exit(4);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  mechanism = argv[1];
  begin();
  answer_runner();
  return 0;
}
