#include "signals.h"

#include <sys/stat.h>
#include <uv.h>

#include "args.h"

namespace {

// Some facts about signals under libuv
//
// Its handler, which may run on any thread, writes a message into a pipe of the
// loop that has the listener; the loop reads the pipe and calls JavaScript when
// its turn comes. As long as a thread sleeps in a system call that turn does
// not come, but the pipe stays readable until it does. So a wait that also
// watches the pipe notices every signal, also one that came before the wait
// began, which gives no EINTR.
//
// uv_loop_t's layout is part of libuv's stable ABI, and its signal pipe is made
// with the loop. That the watcher and the pipe agree is checked all the same.
napi_value SignalPipe(napi_env env, napi_callback_info info) {
  Args args(env, info);
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || loop == nullptr) {
    return args.Number(-1);
  }
  const int fd = loop->signal_pipefd[0];
  struct stat status{};
  const bool is_pipe = fd >= 0 && fd == loop->signal_io_watcher.fd &&
                       fstat(fd, &status) == 0 &&
                       (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
  return args.Number(is_pipe ? fd : -1);
}

}  // namespace

void InitSignals(Napi::Env env, Napi::Object exports) {
  Export<SignalPipe>(env, exports, "signalPipe");
}
