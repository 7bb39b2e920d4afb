// Memory that native code and JavaScript both see.
//
// Its address is fetched once, not at each call, and it can't be pulled away:
// the ArrayBuffer that shows it to JavaScript and the handle that native calls
// take each hold a share, and the last of the two to be collected frees it.
#ifndef POSIX_SELECT_ARENA_H_
#define POSIX_SELECT_ARENA_H_

#include <napi.h>

#include <cstddef>

#include "mark.h"

struct Arena {
  static constexpr Mark kMark = Mark::kArena;

  Mark mark;
  void* data;
  size_t bytes;
  int shares;
};

// Adds createArena(bytes) -> [handle, ArrayBuffer].
void InitArena(Napi::Env env, Napi::Object exports);

#endif  // POSIX_SELECT_ARENA_H_
