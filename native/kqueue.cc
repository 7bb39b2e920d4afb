// kqueue(2). An instance is a descriptor.
#include "kqueue.h"

#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || \
    defined(__OpenBSD__) || defined(__DragonFly__)

#include <poll.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "args.h"
#include "fd.h"
#include "wait.h"

namespace {

// A kevent as src/kqueue.ts sees it: the same on every system.
struct Event {
  double ident;
  double data;
  double udata;
  int32_t filter;
  uint32_t flags;
  uint32_t fflags;
  uint32_t unused;
};

static_assert(sizeof(Event) == 40, "see src/kqueue.ts");
static_assert(offsetof(Event, filter) == 24, "see src/kqueue.ts");

using Kevents = std::vector<struct kevent>;

struct kevent Read(const Event& event) {
  struct kevent result{};
  result.ident = static_cast<decltype(result.ident)>(event.ident);
  result.filter = static_cast<decltype(result.filter)>(event.filter);
  result.flags = static_cast<decltype(result.flags)>(event.flags);
  result.fflags = static_cast<decltype(result.fflags)>(event.fflags);
  result.data = static_cast<decltype(result.data)>(event.data);
  result.udata = reinterpret_cast<decltype(result.udata)>(
      static_cast<intptr_t>(event.udata));
  return result;
}

Event Write(const struct kevent& event) {
  return {static_cast<double>(event.ident),
          static_cast<double>(event.data),
          static_cast<double>(reinterpret_cast<intptr_t>(event.udata)),
          static_cast<int32_t>(event.filter),
          static_cast<uint32_t>(event.flags),
          static_cast<uint32_t>(event.fflags),
          0};
}

napi_value KqueueCreate(napi_env env, napi_callback_info info) {
  Args args(env, info);
  return args.Result(Prepare(kqueue(), false));
}

int Kevent(int kq, const Kevents& changes, Kevents* events, double timeout_ms) {
  const timespec timeout = ToTimespec(timeout_ms);
  return kevent(kq, changes.data(), static_cast<int>(changes.size()),
                events->data(), static_cast<int>(events->size()),
                std::isinf(timeout_ms) ? nullptr : &timeout);
}

// Applies the changes, and waits for the kqueue and the signal pipe together;
// the events are then taken without a wait.
int Interruptible(int kq, const Kevents& changes, Kevents* events,
                  double timeout_ms, int interrupt_fd) {
  pollfd fds[2] = {{interrupt_fd, POLLIN, 0}, {kq, POLLIN, 0}};
  if (!changes.empty()) {
    // A signal goes before what is ready; the changes are made all the same.
    if (poll(fds, 1, 0) > 0) {
      Kevents none;
      const int made = Kevent(kq, changes, &none, 0);
      return made < 0 ? made : kInterrupted;
    }
    const int now = Kevent(kq, changes, events, 0);
    if (now != 0 || events->empty()) return now;
  }
  const int ready = poll(fds, 2, ToWholeMs(timeout_ms));
  if (ready <= 0) return ready;
  if (fds[0].revents != 0) return kInterrupted;
  return Kevent(kq, {}, events, 0);
}

// kevent(kq, memory, changes, most, timeoutMs, interruptFd): applies the first
// `changes` events of the memory, then waits for at most `most` events, which
// take their place there. Gives how many there are, 0 after the time, -errno,
// or kInterrupted.
napi_value KeventCall(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int kq = args.Int(0, "kq");
  size_t bytes = 0;
  auto* memory = args.Shared<Event>(1, "memory", &bytes);
  const uint32_t change_count = args.Uint(2, "changes");
  const uint32_t most = args.Uint(3, "most");
  const double timeout_ms = args.Double(4, "timeoutMs");
  const int interrupt_fd = args.Int(5, "interruptFd");
  if (args.failed()) return args.Undefined();
  const size_t room = bytes / sizeof(Event);
  if (change_count > room || most > room) {
    args.Fail(1, "memory", "an arena that holds the events");
    return args.Undefined();
  }
  Kevents changes;
  changes.reserve(change_count);
  for (uint32_t i = 0; i < change_count; i++) {
    changes.push_back(Read(memory[i]));
  }
  Kevents events(most);
  const int count = interrupt_fd < 0 ? Kevent(kq, changes, &events, timeout_ms)
                                     : Interruptible(kq, changes, &events,
                                                     timeout_ms, interrupt_fd);
  if (count == kInterrupted) return args.Number(count);
  if (count < 0) return args.Result(count);
  for (int i = 0; i < count; i++) {
    memory[i] = Write(events[static_cast<size_t>(i)]);
  }
  return args.Number(count);
}

}  // namespace

void InitKqueue(Napi::Env env, Napi::Object exports) {
  Export<KqueueCreate>(env, exports, "kqueueCreate");
  Export<KeventCall>(env, exports, "kevent");
}

#else

void InitKqueue(Napi::Env /*env*/, Napi::Object /*exports*/) {}

#endif
