#ifndef POSIX_SELECT_WAITER_H_
#define POSIX_SELECT_WAITER_H_

#include <napi.h>

// waiterOpen, waiterWatch, waiterForget, waiterKeep
void InitWaiter(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_WAITER_H_
