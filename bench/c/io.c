/* send(2) and recv(2) themselves, on a pair of sockets. A case is KIND/BYTES:
 * `empty` is a receive that would block, any other sends and receives. */
#include "calls.h"

static int fds[2] = {-1, -1};
static size_t bytes;
static int is_empty;
static char from[1 << 20], to[1 << 20];

static void prepare(const char *name) {
  char kind[100];
  if (sscanf(name, "%99[^/]/%zu", kind, &bytes) != 2) exit(2);
  if (bytes > sizeof to) exit(2);
  is_empty = strcmp(kind, "empty") == 0;
  close(fds[0]);
  close(fds[1]);
  open_sockets(fds, 2);
}

static void calls(long count) {
  for (long i = 0; i < count; i++) {
    if (is_empty) {
      if (recv(fds[1], to, bytes, MSG_DONTWAIT) != -1) exit(4);
      if (errno != EAGAIN) fail("recv");
      continue;
    }
    if (send(fds[0], from, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) fail("send");
    if (recv(fds[1], to, bytes, 0) != (ssize_t)bytes) fail("recv");
  }
}

int main(void) {
  begin();
  answer_runner();
  return 0;
}
