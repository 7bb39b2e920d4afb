#ifndef POSIX_SELECT_RESOLVE_H_
#define POSIX_SELECT_RESOLVE_H_

#include <napi.h>

// Adds getaddrinfo, see getaddrinfo(3).
void InitResolve(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_RESOLVE_H_
