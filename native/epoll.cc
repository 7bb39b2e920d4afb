// epoll(7). An instance is a descriptor; what is registered in it carries two
// numbers of the caller's, which come back with each of its events.
#include "epoll.h"

#ifdef __linux__

#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
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

// epoll_wait() knows milliseconds, epoll_pwait2() (Linux 5.11) nanoseconds; but
// it may be missing, or forbidden by an old sandbox.
std::atomic<bool> has_pwait2{true};

int Wait(int epfd, epoll_event* events, int most, double timeout_ms) {
  const int whole = ToWholeMs(timeout_ms);
  if (whole > timeout_ms && has_pwait2.load(std::memory_order_relaxed)) {
    const timespec timeout = ToTimespec(timeout_ms);
    const auto count = static_cast<int>(
        syscall(SYS_epoll_pwait2, epfd, events, most, &timeout, nullptr, 0));
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    has_pwait2.store(false, std::memory_order_relaxed);
  }
  return epoll_wait(epfd, events, most, whole);
}

// epollWait(fd, arena, count, timeoutMs, interruptFd) by the registers: waits
// for at most `count` events. Gives how many there are, 0 after the time,
// -errno, or kInterrupted.
void EpollWait(Environment* environment) {
  Registers& call = environment->registers;
  size_t bytes = 0;
  auto* events = environment->Find<epoll_event>(call.arena, &bytes);
  const int most = call.count;
  call.result = -EINVAL;
  if (events == nullptr || most < 1 ||
      static_cast<size_t>(most) > bytes / sizeof(epoll_event)) {
    return;
  }
  if (call.interrupt_fd >= 0) {
    // The signal pipe is no part of the caller's set: both are watched from
    // outside, and the events then taken without a wait.
    pollfd fds[2] = {{call.interrupt_fd, POLLIN, 0}, {call.fd, POLLIN, 0}};
    const timespec timeout = ToTimespec(call.timeout_ms);
    call.Finish(ppoll(fds, 2, std::isinf(call.timeout_ms) ? nullptr : &timeout,
                      nullptr));
    if (call.result <= 0) return;
    if (fds[0].revents != 0) {
      call.result = kInterrupted;
      return;
    }
    call.timeout_ms = 0;
  }
  call.Finish(Wait(call.fd, events, most, call.timeout_ms));
}

}  // namespace

void InitEpoll(Napi::Env env, Napi::Object exports) {
  Export<EpollCreate>(env, exports, "epollCreate");
  Export<EpollCtl>(env, exports, "epollCtl");
  Export<Crossing<EpollWait>>(env, exports, "epollWait");
  Napi::Object layout = Napi::Object::New(env);
  layout.Set("bytes", static_cast<double>(sizeof(epoll_event)));
  layout.Set("data", static_cast<double>(offsetof(epoll_event, data)));
  exports.Set("epollEvent", layout);
}

#else

void InitEpoll(Napi::Env /*env*/, Napi::Object /*exports*/) {}

#endif
