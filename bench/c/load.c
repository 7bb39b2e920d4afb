/* The clients of an echo server:
 *
 *   load PORT PIDS CLIENTS BATCH IDLE ANSWER WARM_MS MS
 *
 * Each client sends BATCH messages of 64 bytes at once, waits for as many
 * answers of ANSWER bytes, and begins again. IDLE more connect, have one answer and
 * are silent then: where there are any, it prints a line when all have, and waits
 * for one on stdin. After
 * WARM_MS it counts for MS, and prints
 *
 *   MESSAGES NANOSECONDS CPU_NANOSECONDS USER_NANOSECONDS
 *
 * where the CPU's time is that of the server's processes PIDS, with commas. */
#include "common.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

enum { message = 64, most_batch = 64 };

static char from[message * most_batch], to[65536];
static int left[65536]; /* bytes that a client still waits for */

static int connect_to(int port) {
  const int on = 1;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (fd < 0 || fd >= (int)(sizeof left / sizeof *left)) fail("socket");
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    fail("connect");
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/* The CPU's time of all of a process's threads, in nanoseconds. */
static double cpu_of(const char *pid) {
  char path[600];
  double sum = 0;
  snprintf(path, sizeof path, "/proc/%s/task", pid);
  DIR *tasks = opendir(path);
  if (tasks == NULL) return 0;
  for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%s/task/%s/schedstat", pid,
             task->d_name);
    FILE *file = fopen(path, "r");
    double nanoseconds = 0;
    if (file == NULL) continue;
    if (fscanf(file, "%lf", &nanoseconds) == 1) sum += nanoseconds;
    fclose(file);
  }
  closedir(tasks);
  return sum;
}

/* The part of it that is not the kernel's: counted in ticks of the clock. */
static double user_of(const char *pid) {
  char path[100], text[2000];
  double user = 0;
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  const size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  const char *after = strrchr(text, ')'); /* its name may have blanks */
  if (after == NULL ||
      sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf",
             &user) != 1) {
    return 0;
  }
  return user * 1e9 / (double)sysconf(_SC_CLK_TCK);
}

static double sum(const char *pids, double (*of)(const char *pid)) {
  char text[200];
  double total = 0;
  snprintf(text, sizeof text, "%s", pids);
  for (char *pid = strtok(text, ","); pid != NULL; pid = strtok(NULL, ",")) {
    total += of(pid);
  }
  return total;
}

int main(int argc, char **argv) {
  if (argc != 9) return 2;
  const int port = atoi(argv[1]);
  const char *pids = argv[2];
  const int clients = atoi(argv[3]), batch = atoi(argv[4]);
  const int idle = atoi(argv[5]), answer = atoi(argv[6]);
  const double warm = atof(argv[7]) * 1e6, measured = atof(argv[8]) * 1e6;
  if (batch > most_batch) return 2;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  alarm(120); /* whatever happens */

  memset(from, 'x', sizeof from);
  for (int i = 0; i < idle; i++) {
    const int fd = connect_to(port);
    /* The answer tells that it was accepted: the queue for that is short. */
    if (send(fd, from, message, 0) < 0) fail("send");
    for (int bytes = 0; bytes < answer;) {
      const ssize_t received = recv(fd, to, sizeof to, 0);
      if (received <= 0) fail("recv");
      bytes += (int)received;
    }
  }
  if (idle > 0) {
    printf("connected\n");
    fflush(stdout);
    if (getchar() == EOF) return 0;
  }

  const int epfd = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < clients; i++) {
    const int fd = connect_to(port);
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
    left[fd] = batch * answer;
    if (send(fd, from, (size_t)(batch * message), 0) < 0) fail("send");
  }

  double messages = 0, start = now() + warm, cpu = 0, user = 0;
  int is_measuring = 0;
  for (;;) {
    struct epoll_event events[1024];
    const int count = epoll_wait(epfd, events, 1024, 10000);
    if (count <= 0) fail("the server does not answer");
    for (int i = 0; i < count; i++) {
      const int fd = events[i].data.fd;
      const ssize_t bytes = recv(fd, to, sizeof to, 0);
      if (bytes <= 0) fail("recv");
      left[fd] -= (int)bytes;
      if (left[fd] > 0) continue;
      messages += batch;
      left[fd] = batch * answer;
      if (send(fd, from, (size_t)(batch * message), 0) < 0) fail("send");
    }
    const double time = now();
    if (!is_measuring && time >= start) {
      is_measuring = 1;
      messages = 0;
      cpu = sum(pids, cpu_of);
      user = sum(pids, user_of);
      start = now();
    } else if (is_measuring && time >= start + measured) {
      printf("%.0f %.0f %.0f %.0f\n", messages, time - start,
             sum(pids, cpu_of) - cpu, sum(pids, user_of) - user);
      return 0;
    }
  }
}
