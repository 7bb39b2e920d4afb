#ifndef POSIX_SELECT_KQUEUE_H_
#define POSIX_SELECT_KQUEUE_H_

#include <napi.h>

// Adds, on macOS and the BSDs, kqueueCreate and kevent, see kqueue(2).
void InitKqueue(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_KQUEUE_H_
