// The module's entry.
#include <napi.h>

#include "constants.h"
#include "environment.h"
#include "epoll.h"
#include "fd.h"
#include "kqueue.h"
#include "message.h"
#include "poll.h"
#include "resolve.h"
#include "select.h"
#include "signals.h"
#include "socket.h"
#include "waiter.h"
#include "watcher.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  InitEnvironment(env, exports);
  InitConstants(env, exports);
  InitEpoll(env, exports);
  InitFd(env, exports);
  InitKqueue(env, exports);
  InitMessage(env, exports);
  InitPoll(env, exports);
  InitResolve(env, exports);
  InitSelect(env, exports);
  InitSignals(env, exports);
  InitSocket(env, exports);
  InitWaiter(env, exports);
  InitWatcher(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(posix_select, Init)
