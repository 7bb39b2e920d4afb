// A descriptor watched without holding the thread: libuv's loop goes on, and
// calls a function in every turn in which the descriptor is readable.
#include "watcher.h"

#include <dlfcn.h>
#include <unistd.h>
#include <uv.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

#include <cerrno>

#include "args.h"
#include "mark.h"

namespace {

// Some facts about watching with libuv
//
// libuv makes every descriptor that it polls non-blocking, and can't have two
// who poll the same one: so it is only ever given one that the library owns, an
// instance of epoll(7) or kqueue(2), which reports on all the others.
//
// From a bare libuv callback JavaScript has to be called as MakeCallback does
// it, or promises and process.nextTick() stay where they are.
//
// The handle is libuv's until its close callback, and JavaScript's until its
// External is collected: the last of the two frees it. When the environment
// goes, a hook closes it, and Node waits for that before it goes on. Then the
// descriptor is closed as well: its owner went with the environment, and a
// process may see many workers come and go.

// libuv's functions, looked up by name: a runtime without them can still load
// the addon.
struct Uv {
  decltype(&uv_backend_fd) backend_fd = nullptr;
  decltype(&uv_poll_init) poll_init = nullptr;
  decltype(&uv_poll_start) poll_start = nullptr;
  decltype(&uv_poll_stop) poll_stop = nullptr;
  decltype(&uv_ref) ref = nullptr;
  decltype(&uv_unref) unref = nullptr;
  decltype(&uv_close) close = nullptr;
};

template <typename F>
bool Find(const char* name, F* function) {
  *function = reinterpret_cast<F>(dlsym(RTLD_DEFAULT, name));
  return *function != nullptr;
}

bool Find(Uv* uv) {
  return Find("uv_backend_fd", &uv->backend_fd) &&
         Find("uv_poll_init", &uv->poll_init) &&
         Find("uv_poll_start", &uv->poll_start) &&
         Find("uv_poll_stop", &uv->poll_stop) && Find("uv_ref", &uv->ref) &&
         Find("uv_unref", &uv->unref) && Find("uv_close", &uv->close);
}

struct Watcher {
  static constexpr Mark kMark = Mark::kWatcher;

  Mark mark = kMark;
  Uv uv;
  uv_poll_t poll{};
  int fd = -1;
  napi_env env = nullptr;
  napi_ref callback = nullptr;
  napi_async_context context = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  bool is_closed = false;
  bool is_orphaned = false;
  int shares = 2;

  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&poll); }
};

void Release(Watcher* watcher) {
  if (--watcher->shares == 0) delete watcher;
}

void OnClosed(uv_handle_t* handle) {
  auto* watcher = static_cast<Watcher*>(handle->data);
  // If the environment is going, it has waited for this.
  napi_remove_async_cleanup_hook(watcher->hook);
  if (watcher->is_orphaned) close(watcher->fd);
  Release(watcher);
}

void Close(Watcher* watcher) {
  if (watcher->is_closed) return;
  watcher->is_closed = true;
  napi_delete_reference(watcher->env, watcher->callback);
  napi_async_destroy(watcher->env, watcher->context);
  watcher->uv.close(watcher->handle(), OnClosed);
}

void OnEnvironmentGoing(napi_async_cleanup_hook_handle /*hook*/, void* data) {
  auto* watcher = static_cast<Watcher*>(data);
  // Who has closed it closes the descriptor as well, or has done so.
  if (watcher->is_closed) return;
  watcher->is_orphaned = true;
  Close(watcher);
}

void OnReadable(uv_poll_t* poll, int /*status*/, int /*events*/) {
  auto* watcher = static_cast<Watcher*>(poll->data);
  napi_env env = watcher->env;
  const Napi::HandleScope scope(env);
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  if (napi_get_reference_value(env, watcher->callback, &callback) != napi_ok ||
      napi_get_global(env, &receiver) != napi_ok) {
    return;
  }
  if (napi_make_callback(env, watcher->context, receiver, callback, 0, nullptr,
                         nullptr) != napi_pending_exception) {
    return;
  }
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
}

// The watcher behind argument 0; nullptr if that failed or it is closed.
Watcher* Opened(Args* args) {
  auto* watcher = args->Marked<Watcher>(0, "watcher");
  return watcher == nullptr || watcher->is_closed ? nullptr : watcher;
}

// watcherOpen(fd, callback) -> watcher, or -errno: ENOSYS where there is no
// libuv. It does not watch yet, and keeps no process alive.
napi_value WatcherOpen(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const int fd = args.Int(0, "fd");
  if (!args.failed() && !args[1].IsFunction()) {
    args.Fail(1, "callback", "a function");
  }
  if (args.failed()) return args.Undefined();
  Uv uv;
  uv_loop_t* loop = nullptr;
  if (!Find(&uv) || napi_get_uv_event_loop(env, &loop) != napi_ok ||
      loop == nullptr) {
    return args.Number(-ENOSYS);
  }
  auto* watcher = new Watcher();
  const int result = uv.poll_init(loop, &watcher->poll, fd);
  if (result != 0) {
    delete watcher;
    return args.Number(result);
  }
  watcher->uv = uv;
  watcher->fd = fd;
  watcher->env = env;
  watcher->poll.data = watcher;
  uv.unref(watcher->handle());
  const Napi::String name = Napi::String::New(env, "posix-select");
  napi_create_reference(env, args[1], 1, &watcher->callback);
  napi_async_init(env, nullptr, name, &watcher->context);
  napi_add_async_cleanup_hook(env, OnEnvironmentGoing, watcher, &watcher->hook);
  return Napi::External<Watcher>::New(env, watcher,
                                      [](Napi::Env, Watcher* collected) {
                                        Close(collected);
                                        Release(collected);
                                      });
}

// libuv tells the kernel with the loop's next turn, and aborts the process if
// the kernel refuses: an epoll that is watched by an epoll has its limits (500
// for one file; five deep). Told before, it refuses here; libuv then finds it
// there already, and takes it out when it stops.
int Tell(Watcher* watcher) {
#ifdef __linux__
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = watcher->fd;
  const int loop = watcher->uv.backend_fd(watcher->poll.loop);
  if (epoll_ctl(loop, EPOLL_CTL_ADD, watcher->fd, &event) != 0 &&
      errno != EEXIST) {
    return -errno;
  }
#else
  (void)watcher;
#endif
  return 0;
}

// watcherStart(watcher): from now on, whenever the descriptor is readable.
napi_value WatcherStart(napi_env env, napi_callback_info info) {
  Args args(env, info);
  Watcher* watcher = Opened(&args);
  if (watcher == nullptr) return args.Number(0);
  int result = watcher->uv.poll_start(&watcher->poll, UV_READABLE, OnReadable);
  if (result == 0) {
    result = Tell(watcher);
    if (result != 0) watcher->uv.poll_stop(&watcher->poll);
  }
  return args.Number(result);
}

// watcherStop(watcher)
napi_value WatcherStop(napi_env env, napi_callback_info info) {
  Args args(env, info);
  Watcher* watcher = Opened(&args);
  if (watcher != nullptr) watcher->uv.poll_stop(&watcher->poll);
  return args.Undefined();
}

// watcherKeep(watcher, keeps): whether it keeps the process alive.
napi_value WatcherKeep(napi_env env, napi_callback_info info) {
  Args args(env, info);
  Watcher* watcher = Opened(&args);
  const bool keeps = args.Int(1, "keeps") != 0;
  if (watcher == nullptr || args.failed()) return args.Undefined();
  if (keeps) {
    watcher->uv.ref(watcher->handle());
  } else {
    watcher->uv.unref(watcher->handle());
  }
  return args.Undefined();
}

// watcherClose(watcher). The descriptor may be closed after it.
napi_value WatcherClose(napi_env env, napi_callback_info info) {
  Args args(env, info);
  Watcher* watcher = Opened(&args);
  if (watcher != nullptr) Close(watcher);
  return args.Undefined();
}

}  // namespace

void InitWatcher(Napi::Env env, Napi::Object exports) {
  Export<WatcherOpen>(env, exports, "watcherOpen");
  Export<WatcherStart>(env, exports, "watcherStart");
  Export<WatcherStop>(env, exports, "watcherStop");
  Export<WatcherKeep>(env, exports, "watcherKeep");
  Export<WatcherClose>(env, exports, "watcherClose");
}
