// epoll(7). An instance is a descriptor; what is registered in it carries two
// numbers of the caller's, which come back with each of its events.
#include "epoll.h"

#ifdef __linux__

#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "args.h"
#include "wait.h"

// The number is the same on every architecture that came after it was made.
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

namespace {

// What an epoll_event's 64 bits of data hold here, whatever the byte order.
struct Tag {
  uint32_t first;
  uint32_t second;
};

static_assert(sizeof(Tag) == sizeof(epoll_data_t), "it has to fit");

napi_value EpollCreate(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int flags = args.Int(0, "flags");
  if (args.failed()) return args.Undefined();
  return args.Result(epoll_create1(flags | EPOLL_CLOEXEC));
}

// epollCtl(epfd, operation, fd, events, first, second)
napi_value EpollCtl(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int epfd = args.Int(0, "epfd");
  const int operation = args.Int(1, "operation");
  const int fd = args.Int(2, "fd");
  epoll_event event{};
  event.events = args.Uint(3, "events");
  const Tag tag{args.Uint(4, "first"), args.Uint(5, "second")};
  if (args.failed()) return args.Undefined();
  std::memcpy(&event.data, &tag, sizeof(tag));
  return args.Result(epoll_ctl(epfd, operation, fd, &event));
}

// epoll_wait() knows milliseconds, epoll_pwait2() (Linux 5.11) nanoseconds.
int Wait(int epfd, epoll_event* events, int most, double timeout_ms,
         bool precise) {
  if (precise) {
    const timespec timeout = ToTimespec(timeout_ms);
    return static_cast<int>(
        syscall(SYS_epoll_pwait2, epfd, events, most, &timeout, nullptr, 0));
  }
  const double ms = std::ceil(std::fmin(std::fmax(timeout_ms, 0), INT_MAX));
  return epoll_wait(epfd, events, most, static_cast<int>(ms));
}

// What every wait takes: epfd, events, most.
struct Target {
  int epfd;
  epoll_event* events;
  int most;
};

Target ReadTarget(Args* args) {
  const int epfd = args->Int(0, "epfd");
  size_t bytes = 0;
  auto* events = args->Shared<epoll_event>(1, "events", &bytes);
  const int most = args->Int(2, "most");
  if (!args->failed() &&
      (most < 1 || static_cast<size_t>(most) > bytes / sizeof(epoll_event))) {
    args->Fail(2, "most", "a number of events that there is room for");
  }
  return {epfd, events, most};
}

// epollWait(epfd, events, most, timeoutMs), whole milliseconds. Gives how many
// events there are, 0 after the time, or -errno.
napi_value EpollWait(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const auto [epfd, events, most] = ReadTarget(&args);
  const int timeout_ms = args.Int(3, "timeoutMs");
  if (args.failed()) return args.Undefined();
  return args.Result(epoll_wait(epfd, events, most, timeout_ms));
}

// epollWaitInterruptible(epfd, events, most, timeoutMs, interruptFd, precise).
// Gives also kInterrupted; -1 is no interruptFd.
napi_value EpollWaitInterruptible(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const auto [epfd, events, most] = ReadTarget(&args);
  const double timeout_ms = args.Double(3, "timeoutMs");
  const int interrupt_fd = args.Int(4, "interruptFd");
  const bool precise = args.Int(5, "precise") != 0;
  if (args.failed()) return args.Undefined();
  if (interrupt_fd < 0) {
    return args.Result(Wait(epfd, events, most, timeout_ms, precise));
  }
  // The signal pipe is no part of the caller's set: both are watched from
  // outside, and the events then taken without a wait.
  pollfd fds[2] = {{interrupt_fd, POLLIN, 0}, {epfd, POLLIN, 0}};
  const timespec timeout = ToTimespec(timeout_ms);
  const int ready = ppoll(fds, 2, &timeout, nullptr);
  if (ready <= 0) return args.Result(ready);
  if (fds[0].revents != 0) return args.Number(kInterrupted);
  return args.Result(Wait(epfd, events, most, 0, false));
}

}  // namespace

void InitEpoll(Napi::Env env, Napi::Object exports) {
  Export<EpollCreate>(env, exports, "epollCreate");
  Export<EpollCtl>(env, exports, "epollCtl");
  Export<EpollWait>(env, exports, "epollWait");
  Export<EpollWaitInterruptible>(env, exports, "epollWaitInterruptible");
  Napi::Object layout = Napi::Object::New(env);
  layout.Set("bytes", static_cast<double>(sizeof(epoll_event)));
  layout.Set("data", static_cast<double>(offsetof(epoll_event, data)));
  exports.Set("epollEvent", layout);
}

#else

void InitEpoll(Napi::Env /*env*/, Napi::Object /*exports*/) {}

#endif
