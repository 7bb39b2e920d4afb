// poll(2), and ppoll(2) for parts of a millisecond where there is one.
#include "poll.h"

#include <poll.h>

#include <cerrno>
#include <cstddef>

#include "args.h"
#include "wait.h"

namespace {

// poll() counts whole milliseconds, and is quicker than ppoll().
int Wait(pollfd* fds, nfds_t count, double timeout_ms) {
  const int whole = ToWholeMs(timeout_ms);
#ifdef __linux__
  if (whole > timeout_ms) {
    const timespec timeout = ToTimespec(timeout_ms);
    return ppoll(fds, count, &timeout, nullptr);
  }
#endif
  return poll(fds, count, whole);
}

// Waits for one descriptor, or with fd -1 just for the time. Gives its revents,
// 0 after the time, -errno, or kInterrupted.
napi_value WaitFor(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const int events = args.Int(1, "events");
  const double timeout_ms = args.Double(2, "timeoutMs");
  const int interrupt_fd = args.Int(3, "interruptFd");
  if (args.failed()) return args.Undefined();

  pollfd fds[2] = {{fd, static_cast<short>(events), 0},
                   {interrupt_fd, POLLIN, 0}};
  const int ready = Wait(fds, 2, timeout_ms);
  if (ready <= 0) return args.Result(ready);
  if (fds[1].revents != 0) return args.Number(kInterrupted);
  return args.Number(static_cast<unsigned short>(fds[0].revents));
}

// src/poll-set.ts writes and reads these.
static_assert(sizeof(pollfd) == 8, "see src/poll-set.ts");
static_assert(offsetof(pollfd, events) == 4, "see src/poll-set.ts");
static_assert(offsetof(pollfd, revents) == 6, "see src/poll-set.ts");

// poll(arena, count, timeoutMs, interruptFd) by the registers: waits for the
// `count` descriptors that follow the first place of the set, which is kept for
// `interruptFd`. Gives how many have revents, 0 after the time, -errno, or
// kInterrupted.
void Poll(Environment* environment) {
  Registers& call = environment->registers;
  size_t bytes = 0;
  auto* fds = environment->Find<pollfd>(call.arena, &bytes);
  const auto count = static_cast<nfds_t>(call.count);
  call.result = -EINVAL;
  if (fds == nullptr || call.count < 0 || count >= bytes / sizeof(pollfd)) {
    return;
  }
  if (call.interrupt_fd < 0) {
    call.Finish(Wait(fds + 1, count, call.timeout_ms));
    return;
  }
  fds[0] = {call.interrupt_fd, POLLIN, 0};
  call.Finish(Wait(fds, count + 1, call.timeout_ms));
  if (call.result > 0 && fds[0].revents != 0) call.result = kInterrupted;
}

}  // namespace

void InitPoll(Napi::Env env, Napi::Object exports) {
  Export<Crossing<Poll>>(env, exports, "poll");
  Export<WaitFor>(env, exports, "waitFor");
}
