#ifndef POSIX_SELECT_SIGNALS_H_
#define POSIX_SELECT_SIGNALS_H_

#include <napi.h>

// Adds signalPipe(): a descriptor that is readable while a signal waits for
// JavaScript.
void InitSignals(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_SIGNALS_H_
