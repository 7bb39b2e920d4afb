#ifndef POSIX_SELECT_WATCHER_H_
#define POSIX_SELECT_WATCHER_H_

#include <napi.h>

// watcherOpen, watcherStart, watcherStop, watcherKeep, watcherClose
void InitWatcher(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_WATCHER_H_
