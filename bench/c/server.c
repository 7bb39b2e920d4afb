/* A server with epoll_wait(2) and nothing else: `server echo` or `server http`.
 * It prints its port, answers lines on stdin (how much memory a language's heap
 * has: none), and ends with stdin. HTTP is an answer for each empty line: the
 * least that wrk takes for a server. */
#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
    "hello";

static char slab[65536];
static char answers[sizeof answer * 1024];
static int epfd;

static void watch(int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

static int send_all(int fd, const char *data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t sent = send(fd, data, bytes, MSG_NOSIGNAL);
    if (sent < 0) return -1;
    data += sent;
    bytes -= (size_t)sent;
  }
  return 0;
}

static int answer_requests(int fd, size_t bytes) {
  size_t length = 0;
  for (size_t i = 0; i + 4 <= bytes; i++) {
    if (slab[i] != '\r' || memcmp(slab + i, "\r\n\r\n", 4) != 0) continue;
    if (length + sizeof answer > sizeof answers) return -1;
    memcpy(answers + length, answer, sizeof answer - 1);
    length += sizeof answer - 1;
  }
  return send_all(fd, answers, length);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  const int is_http = strcmp(argv[1], "http") == 0;
  begin();
  const int on = 1;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) != 0) fail("bind");
  if (listen(listener, SOMAXCONN) != 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  epfd = epoll_create1(EPOLL_CLOEXEC);
  watch(0);
  watch(listener);
  for (;;) {
    struct epoll_event events[1024];
    const int count = epoll_wait(epfd, events, 1024, -1);
    for (int i = 0; i < count; i++) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int client = accept4(fd, NULL, NULL, 0);
        if (client < 0) continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(client);
        continue;
      }
      if (fd == 0) {
        if (read(0, slab, sizeof slab) <= 0) return 0;
        printf("0\n");
        fflush(stdout);
        continue;
      }
      const ssize_t bytes = recv(fd, slab, sizeof slab, 0);
      if (bytes <= 0 ||
          (is_http ? answer_requests(fd, (size_t)bytes)
                   : send_all(fd, slab, (size_t)bytes)) != 0) {
        close(fd);
      }
    }
  }
}
