#ifndef POSIX_SELECT_CONSTANTS_H_
#define POSIX_SELECT_CONSTANTS_H_

#include <napi.h>

// Adds `constants`, every constant that this system has by its C name, and
// errorText(errno), what the system says of an error.
void InitConstants(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_CONSTANTS_H_
