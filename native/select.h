#ifndef POSIX_SELECT_SELECT_H_
#define POSIX_SELECT_SELECT_H_

#include <napi.h>

// Adds select(lists, timeoutMs, interruptFd), see select(2).
void InitSelect(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_SELECT_H_
