// A thread that waits for descriptors to become readable, for runtimes whose
// own loop can't be asked to: it calls JavaScript through a thread-safe
// function.
#include "waiter.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <vector>

#include "args.h"
#include "mark.h"

namespace {

// Some facts about the thread
//
// It sleeps in poll(2) on the descriptors that it was told and on a pipe, into
// which JavaScript's thread writes when the list has changed. A descriptor that
// is readable is struck off the list before JavaScript hears of it: so nothing
// is told twice, and a loop that is busy is not flooded.
//
// A descriptor that was closed while the thread sleeps may be reported once
// more, or another file under its number: who is called looks for itself.
//
// JavaScript's thread ends it, and waits for its end, before the environment
// goes.
struct Waiter {
  static constexpr Mark kMark = Mark::kWaiter;

  Mark mark = kMark;
  napi_threadsafe_function function = nullptr;
  pthread_t thread{};
  int wake_reader = -1;
  int wake_writer = -1;
  bool is_stopped = false;
  int shares = 2;

  std::mutex mutex;
  // All below is the mutex's.
  bool is_ending = false;
  std::vector<int> watched;
  std::vector<int> readable;
};

void Release(Waiter* waiter) {
  if (--waiter->shares == 0) delete waiter;
}

// What to sleep on: the pipe first.
std::vector<pollfd> List(Waiter* waiter) {
  const std::lock_guard<std::mutex> lock(waiter->mutex);
  std::vector<pollfd> list{{waiter->wake_reader, POLLIN, 0}};
  if (waiter->is_ending) return {};
  for (const int fd : waiter->watched) list.push_back({fd, POLLIN, 0});
  return list;
}

// Strikes off what is readable. Gives whether there is anything.
bool Take(Waiter* waiter, const std::vector<pollfd>& list) {
  const std::lock_guard<std::mutex> lock(waiter->mutex);
  bool found = false;
  for (size_t i = 1; i < list.size(); i++) {
    if (list[i].revents == 0) continue;
    auto& watched = waiter->watched;
    const auto at = std::find(watched.begin(), watched.end(), list[i].fd);
    if (at == watched.end()) continue;
    watched.erase(at);
    waiter->readable.push_back(list[i].fd);
    found = true;
  }
  return found;
}

void* Run(void* data) {
  auto* waiter = static_cast<Waiter*>(data);
  for (;;) {
    std::vector<pollfd> list = List(waiter);
    if (list.empty()) return nullptr;
    if (poll(list.data(), static_cast<nfds_t>(list.size()), -1) < 0) {
      // The system is out of memory, or allows fewer: not to be asked in a
      // loop.
      if (errno != EINTR) usleep(1000);
      continue;
    }
    char bytes[64];
    if (list[0].revents != 0) {
      while (read(waiter->wake_reader, bytes, sizeof(bytes)) > 0) continue;
    }
    if (!Take(waiter, list)) continue;
    napi_call_threadsafe_function(waiter->function, nullptr,
                                  napi_tsfn_nonblocking);
  }
}

// A full pipe wakes the thread as well.
void Wake(Waiter* waiter) {
  const char byte = 0;
  while (write(waiter->wake_writer, &byte, 1) < 0 && errno == EINTR) continue;
}

void Stop(void* data) {
  auto* waiter = static_cast<Waiter*>(data);
  if (waiter->is_stopped) return;
  waiter->is_stopped = true;
  {
    const std::lock_guard<std::mutex> lock(waiter->mutex);
    waiter->is_ending = true;
  }
  Wake(waiter);
  pthread_join(waiter->thread, nullptr);
  close(waiter->wake_reader);
  close(waiter->wake_writer);
  napi_release_threadsafe_function(waiter->function, napi_tsfn_abort);
}

// Called on JavaScript's thread: function(fd) for each that is readable.
void Tell(napi_env env, napi_value function, void* context, void* /*data*/) {
  if (env == nullptr) return;
  auto* waiter = static_cast<Waiter*>(context);
  std::vector<int> readable;
  {
    const std::lock_guard<std::mutex> lock(waiter->mutex);
    readable.swap(waiter->readable);
  }
  napi_value receiver = nullptr;
  if (napi_get_undefined(env, &receiver) != napi_ok) return;
  for (const int fd : readable) {
    napi_value number = nullptr;
    if (napi_create_int32(env, fd, &number) != napi_ok) return;
    if (napi_call_function(env, receiver, function, 1, &number, nullptr) !=
        napi_ok) {
      return;
    }
  }
}

// A pipe of which neither end is inherited or blocks.
bool MakePipe(Waiter* waiter) {
  int fds[2];
  if (pipe(fds) != 0) return false;
  for (const int fd : fds) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  waiter->wake_reader = fds[0];
  waiter->wake_writer = fds[1];
  return true;
}

// Signals are for JavaScript's thread, which may be waiting for them.
int StartThread(Waiter* waiter) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&waiter->thread, nullptr, Run, waiter);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error;
}

// waiterOpen(callback) -> waiter, or -errno. It keeps no process alive.
napi_value WaiterOpen(napi_env env, napi_callback_info info) {
  Args args(env, info);
  if (!args[0].IsFunction()) args.Fail(0, "callback", "a function");
  if (args.failed()) return args.Undefined();
  auto* waiter = new Waiter();
  const Napi::String name = Napi::String::New(env, "posix-select");
  if (!MakePipe(waiter)) {
    const int error = errno;
    delete waiter;
    return args.Number(-error);
  }
  if (napi_create_threadsafe_function(env, args[0], nullptr, name, 0, 1,
                                      nullptr, nullptr, waiter, Tell,
                                      &waiter->function) != napi_ok) {
    close(waiter->wake_reader);
    close(waiter->wake_writer);
    delete waiter;
    return args.Number(-ENOSYS);
  }
  napi_unref_threadsafe_function(env, waiter->function);
  const int error = StartThread(waiter);
  if (error != 0) {
    napi_release_threadsafe_function(waiter->function, napi_tsfn_abort);
    close(waiter->wake_reader);
    close(waiter->wake_writer);
    delete waiter;
    return args.Number(-error);
  }
  napi_add_env_cleanup_hook(
      env,
      [](void* data) {
        Stop(data);
        Release(static_cast<Waiter*>(data));
      },
      waiter);
  return Napi::External<Waiter>::New(
      env, waiter, [](Napi::Env, Waiter* collected) { Release(collected); });
}

// waiterWatch(waiter, fd): calls back once, when the descriptor is readable.
napi_value WaiterWatch(napi_env env, napi_callback_info info) {
  Args args(env, info);
  auto* waiter = args.Marked<Waiter>(0, "waiter");
  const int fd = args.Int(1, "fd");
  if (args.failed() || waiter->is_stopped) return args.Undefined();
  {
    const std::lock_guard<std::mutex> lock(waiter->mutex);
    auto& watched = waiter->watched;
    if (std::find(watched.begin(), watched.end(), fd) == watched.end()) {
      watched.push_back(fd);
    }
  }
  Wake(waiter);
  return args.Undefined();
}

// waiterForget(waiter, fd)
napi_value WaiterForget(napi_env env, napi_callback_info info) {
  Args args(env, info);
  auto* waiter = args.Marked<Waiter>(0, "waiter");
  const int fd = args.Int(1, "fd");
  if (args.failed() || waiter->is_stopped) return args.Undefined();
  {
    const std::lock_guard<std::mutex> lock(waiter->mutex);
    auto& watched = waiter->watched;
    watched.erase(std::remove(watched.begin(), watched.end(), fd),
                  watched.end());
  }
  Wake(waiter);
  return args.Undefined();
}

// waiterKeep(waiter, keeps): whether it keeps the process alive.
napi_value WaiterKeep(napi_env env, napi_callback_info info) {
  Args args(env, info);
  auto* waiter = args.Marked<Waiter>(0, "waiter");
  const bool keeps = args.Int(1, "keeps") != 0;
  if (args.failed() || waiter->is_stopped) return args.Undefined();
  if (keeps) {
    napi_ref_threadsafe_function(env, waiter->function);
  } else {
    napi_unref_threadsafe_function(env, waiter->function);
  }
  return args.Undefined();
}

}  // namespace

void InitWaiter(Napi::Env env, Napi::Object exports) {
  Export<WaiterOpen>(env, exports, "waiterOpen");
  Export<WaiterWatch>(env, exports, "waiterWatch");
  Export<WaiterForget>(env, exports, "waiterForget");
  Export<WaiterKeep>(env, exports, "waiterKeep");
}
