/*
 * Makes system calls fail, for whom it is preloaded into (LD_PRELOAD). What is
 * to fail stands in a file (FAULTS_FILE), which the test writes and both map:
 * for each call a rule of eight ints, in the order of `enum call`:
 *
 *   error   the errno that it fails with; 0: it does not fail
 *   every   each so-manieth call only; 1: all
 *   left    how many times more; -1: for ever
 *   most    bytes that a receive or a send moves at most; 0: all
 *   calls   how many calls there were
 *   faults  how many of them failed, or moved less than was asked for
 *   ours    1: only the addon's own calls, not the runtime's
 *   unused
 *
 * With an error of EINTR a wait fails before it waits, as if the signal had
 * come first; a connection goes on all the same, as the manual has it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call {
  CALL_ACCEPT,
  CALL_RECV,
  CALL_SEND,
  CALL_SELECT,
  CALL_POLL,
  CALL_EPOLL_WAIT,
  CALL_EPOLL_CTL,
  CALL_CONNECT,
  CALL_SOCKET,
  CALL_GETSOCKNAME,
  CALL_SETSOCKOPT,
  CALL_EPOLL_CREATE,
  CALL_CLOSE,
  CALLS
};

struct rule {
  int error;
  int every;
  int left;
  int most;
  int calls;
  int faults;
  int ours;
  int unused;
};

static struct rule none[CALLS];
static struct rule *rules = none;

__attribute__((constructor)) static void open_rules(void) {
  const char *path = getenv("FAULTS_FILE");
  if (path == NULL) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd == -1) return;
  void *memory =
      mmap(NULL, sizeof(none), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory != MAP_FAILED) rules = memory;
}

/* Whether an address is in the addon; it is loaded late, and once. */
static int is_ours(void *address) {
  static void *base;
  Dl_info info;
  if (dladdr(address, &info) == 0) return 0;
  if (base == NULL && strstr(info.dli_fname, "posix_select") != NULL) {
    base = info.dli_fbase;
  }
  return base != NULL && info.dli_fbase == base;
}

static struct rule *rule_for(enum call call, void *caller) {
  struct rule *rule = &rules[call];
  if (rule->ours && !is_ours(caller)) return NULL;
  return rule;
}

/* Takes note of a call; says whether it is one of those that are meant. */
static int is_meant(struct rule *rule) {
  int count = __atomic_add_fetch(&rule->calls, 1, __ATOMIC_RELAXED);
  if (rule->every > 1 && count % rule->every != 0) return 0;
  if (rule->left == 0) return 0;
  return 1;
}

static void take_note(struct rule *rule) {
  if (rule->left > 0) __atomic_sub_fetch(&rule->left, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&rule->faults, 1, __ATOMIC_RELAXED);
}

/* The error that the call is to fail with, or 0; how much it moves at most. */
static int fault(enum call call, void *caller, size_t *bytes) {
  struct rule *rule = rule_for(call, caller);
  if (rule == NULL || (rule->error == 0 && rule->most == 0)) {
    if (rule != NULL) __atomic_add_fetch(&rule->calls, 1, __ATOMIC_RELAXED);
    return 0;
  }
  if (!is_meant(rule)) return 0;
  if (rule->error != 0) {
    take_note(rule);
    return rule->error;
  }
  if (bytes != NULL && *bytes > (size_t)rule->most) {
    *bytes = (size_t)rule->most;
    take_note(rule);
  }
  return 0;
}

#define REAL(name)                                                    \
  static __typeof__(&name) real;                                      \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define FAIL(call, bytes)                                             \
  do {                                                                \
    int error = fault(call, __builtin_return_address(0), bytes);      \
    if (error != 0) {                                                 \
      errno = error;                                                  \
      return -1;                                                      \
    }                                                                 \
  } while (0)

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
  REAL(accept4);
  FAIL(CALL_ACCEPT, NULL);
  return real(fd, address, length, flags);
}

int accept(int fd, struct sockaddr *address, socklen_t *length) {
  REAL(accept);
  FAIL(CALL_ACCEPT, NULL);
  return real(fd, address, length);
}

ssize_t recv(int fd, void *buffer, size_t bytes, int flags) {
  REAL(recv);
  FAIL(CALL_RECV, &bytes);
  return real(fd, buffer, bytes, flags);
}

ssize_t recvfrom(int fd, void *buffer, size_t bytes, int flags,
                 struct sockaddr *address, socklen_t *length) {
  REAL(recvfrom);
  FAIL(CALL_RECV, &bytes);
  return real(fd, buffer, bytes, flags, address, length);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  REAL(recvmsg);
  FAIL(CALL_RECV, NULL);
  return real(fd, message, flags);
}

ssize_t send(int fd, const void *buffer, size_t bytes, int flags) {
  REAL(send);
  FAIL(CALL_SEND, &bytes);
  return real(fd, buffer, bytes, flags);
}

ssize_t sendto(int fd, const void *buffer, size_t bytes, int flags,
               const struct sockaddr *address, socklen_t length) {
  REAL(sendto);
  FAIL(CALL_SEND, &bytes);
  return real(fd, buffer, bytes, flags, address, length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  REAL(sendmsg);
  FAIL(CALL_SEND, NULL);
  return real(fd, message, flags);
}

int select(int count, fd_set *readers, fd_set *writers, fd_set *others,
           struct timeval *timeout) {
  REAL(select);
  FAIL(CALL_SELECT, NULL);
  return real(count, readers, writers, others, timeout);
}

int pselect(int count, fd_set *readers, fd_set *writers, fd_set *others,
            const struct timespec *timeout, const sigset_t *mask) {
  REAL(pselect);
  FAIL(CALL_SELECT, NULL);
  return real(count, readers, writers, others, timeout, mask);
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
  REAL(poll);
  FAIL(CALL_POLL, NULL);
  return real(fds, count, timeout);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
          const sigset_t *mask) {
  REAL(ppoll);
  FAIL(CALL_POLL, NULL);
  return real(fds, count, timeout, mask);
}

int epoll_wait(int fd, struct epoll_event *events, int most, int timeout) {
  REAL(epoll_wait);
  FAIL(CALL_EPOLL_WAIT, NULL);
  return real(fd, events, most, timeout);
}

int epoll_pwait(int fd, struct epoll_event *events, int most, int timeout,
                const sigset_t *mask) {
  REAL(epoll_pwait);
  FAIL(CALL_EPOLL_WAIT, NULL);
  return real(fd, events, most, timeout, mask);
}

int epoll_ctl(int fd, int operation, int target, struct epoll_event *event) {
  REAL(epoll_ctl);
  FAIL(CALL_EPOLL_CTL, NULL);
  return real(fd, operation, target, event);
}

int epoll_create1(int flags) {
  REAL(epoll_create1);
  FAIL(CALL_EPOLL_CREATE, NULL);
  return real(flags);
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
  REAL(connect);
  int error = fault(CALL_CONNECT, __builtin_return_address(0), NULL);
  if (error == 0) return real(fd, address, length);
  if (error == EINTR) real(fd, address, length);
  errno = error;
  return -1;
}

int socket(int family, int type, int protocol) {
  REAL(socket);
  FAIL(CALL_SOCKET, NULL);
  return real(family, type, protocol);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length) {
  REAL(getsockname);
  FAIL(CALL_GETSOCKNAME, NULL);
  return real(fd, address, length);
}

int getpeername(int fd, struct sockaddr *address, socklen_t *length) {
  REAL(getpeername);
  FAIL(CALL_GETSOCKNAME, NULL);
  return real(fd, address, length);
}

int setsockopt(int fd, int level, int option, const void *value,
               socklen_t length) {
  REAL(setsockopt);
  FAIL(CALL_SETSOCKOPT, NULL);
  return real(fd, level, option, value, length);
}

/* The descriptor is gone all the same, as on Linux. */
int close(int fd) {
  REAL(close);
  int error = fault(CALL_CLOSE, __builtin_return_address(0), NULL);
  int result = real(fd);
  if (error == 0 || result == -1) return result;
  errno = error;
  return -1;
}

/* epoll_pwait2() is called by its number. */
long syscall(long number, ...) {
  REAL(syscall);
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == 441) FAIL(CALL_EPOLL_WAIT, NULL);
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
