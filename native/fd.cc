// Descriptors of any kind.
#include "fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif

#include <cerrno>

#include "args.h"
#include "wait.h"

int Identify(int fd, Exchange* exchange) {
  struct stat status{};
  if (fstat(fd, &status) == -1) return -errno;
  exchange->device = static_cast<double>(status.st_dev);
  exchange->inode = static_cast<double>(status.st_ino);
  return 0;
}

int Prepare(int fd, bool non_blocking) {
  if (fd < 0) return fd;
  const int flags = fcntl(fd, F_GETFL);
  const bool done =
      flags != -1 && fcntl(fd, F_SETFD, FD_CLOEXEC) != -1 &&
      (!non_blocking || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1);
  if (done) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

namespace {

int MakePipe(int flags, int fds[2]) {
#ifdef __linux__
  return pipe2(fds, flags | O_CLOEXEC);
#else
  if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) != 0) {
    errno = EINVAL;
    return -1;
  }
  if (pipe(fds) == -1) return -1;
  const bool non_blocking = (flags & O_NONBLOCK) != 0;
  if (Prepare(fds[0], non_blocking) == -1) {
    const int error = errno;
    close(fds[1]);
    errno = error;
    return -1;
  }
  if (Prepare(fds[1], non_blocking) == -1) {
    const int error = errno;
    close(fds[0]);
    errno = error;
    return -1;
  }
  return 0;
#endif
}

napi_value Pipe(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int flags = args.Int(0, "flags");
  auto* exchange = args.Shared<Exchange>(1, "exchange");
  if (args.failed()) return args.Undefined();
  return args.Result(MakePipe(flags, exchange->fds));
}

// On every system here the descriptor is gone even where close() says EINTR.
napi_value Close(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  if (args.failed()) return args.Undefined();
  const int result = close(fd);
  if (result == -1 && errno == EINTR) return args.Number(0);
  return args.Result(result);
}

napi_value Duplicate(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  auto* exchange = args.Shared<Exchange>(1, "exchange");
  if (args.failed()) return args.Undefined();
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy == -1) return args.Result(copy);
  Identify(copy, exchange);
  return args.Number(copy);
}

// Makes `target` stand for what `fd` stands for, and closes `fd`.
napi_value Replace(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  const int target = args.Int(1, "target");
  if (args.failed()) return args.Undefined();
#ifdef __linux__
  const int result = dup3(fd, target, O_CLOEXEC);
#else
  const int result = Prepare(dup2(fd, target), false);
#endif
  if (result == -1) return args.Result(result);
  close(fd);
  return args.Number(result);
}

// 0, or -EBADF for a number that is no open descriptor.
napi_value IsOpen(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  if (args.failed()) return args.Undefined();
  return args.Result(fcntl(fd, F_GETFD) == -1 ? -1 : 0);
}

// 1, 0 or -errno.
napi_value IsNonBlocking(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  if (args.failed()) return args.Undefined();
  const int flags = fcntl(fd, F_GETFL);
  if (flags == -1) return args.Result(flags);
  return args.Number((flags & O_NONBLOCK) != 0 ? 1 : 0);
}

napi_value IdentifyFd(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  auto* exchange = args.Shared<Exchange>(1, "exchange");
  if (args.failed()) return args.Undefined();
  return args.Number(Identify(fd, exchange));
}

#ifdef __linux__
napi_value EventFd(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const uint32_t initial = args.Uint(0, "initial");
  const int flags = args.Int(1, "flags");
  if (args.failed()) return args.Undefined();
  return args.Result(eventfd(initial, flags | EFD_CLOEXEC));
}

napi_value TimerFd(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const double initial_ms = args.Double(0, "initialMs");
  const double interval_ms = args.Double(1, "intervalMs");
  const int flags = args.Int(2, "flags");
  if (args.failed()) return args.Undefined();
  const int fd = timerfd_create(CLOCK_MONOTONIC, flags | TFD_CLOEXEC);
  if (fd == -1) return args.Result(fd);
  const itimerspec times{ToTimespec(interval_ms), ToTimespec(initial_ms)};
  if (timerfd_settime(fd, 0, &times, nullptr) == -1) {
    const int error = errno;
    close(fd);
    return args.Number(-error);
  }
  return args.Number(fd);
}
#endif

}  // namespace

void InitFd(Napi::Env env, Napi::Object exports) {
  Export<Pipe>(env, exports, "pipe");
  Export<Close>(env, exports, "close");
  Export<Duplicate>(env, exports, "duplicate");
  Export<Replace>(env, exports, "replace");
  Export<IsOpen>(env, exports, "isOpen");
  Export<IsNonBlocking>(env, exports, "isNonBlocking");
  Export<IdentifyFd>(env, exports, "identify");
#ifdef __linux__
  Export<EventFd>(env, exports, "eventfd");
  Export<TimerFd>(env, exports, "timerfd");
#endif
}
