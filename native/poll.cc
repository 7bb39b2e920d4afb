// ppoll(2), or poll(2) where there is none.
#include "poll.h"

#include <poll.h>

#include <cmath>

#include "args.h"
#include "wait.h"

namespace {

int Poll(pollfd* fds, nfds_t count, double timeout_ms) {
#ifdef __linux__
  const timespec timeout = ToTimespec(timeout_ms);
  return ppoll(fds, count, &timeout, nullptr);
#else
  const double ms = std::ceil(std::fmin(std::fmax(timeout_ms, 0), INT_MAX));
  return poll(fds, count, static_cast<int>(ms));
#endif
}

// Waits for one descriptor, or with fd -1 just for the time. Gives its revents,
// 0 after the time, -errno, or kInterrupted.
Napi::Value WaitFor(const Napi::CallbackInfo& info) {
  Args args(info);
  const int fd = args.Int(0, "fd");
  const int events = args.Int(1, "events");
  const double timeout_ms = args.Double(2, "timeoutMs");
  const int interrupt_fd = args.Int(3, "interruptFd");
  if (args.failed()) return args.Undefined();

  pollfd fds[2] = {{fd, static_cast<short>(events), 0},
                   {interrupt_fd, POLLIN, 0}};
  const int ready = Poll(fds, 2, timeout_ms);
  if (ready <= 0) return args.Result(ready);
  if (fds[1].revents != 0) return args.Number(kInterrupted);
  return args.Number(static_cast<unsigned short>(fds[0].revents));
}

}  // namespace

void InitPoll(Napi::Env env, Napi::Object exports) {
  Export<WaitFor>(env, exports, "waitFor");
}
