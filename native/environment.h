// What the addon keeps for each thread that runs JavaScript. Every function of
// the addon gets it as its data.
#ifndef POSIX_SELECT_ENVIRONMENT_H_
#define POSIX_SELECT_ENVIRONMENT_H_

#include <napi.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

// What the calls that are made most often take and give: each argument, and the
// result, would cost as much as the crossing itself. Each such call reads here
// what it needs when it begins. src/registers.ts writes and reads it.
struct Registers {
  double timeout_ms;
  double length;
  int32_t fd;
  int32_t arena;
  int32_t count;
  int32_t interrupt_fd;  // or -1
  int32_t flags;
  int32_t result;  // the system's, or -errno

  // The result of a system call, -1 turned into -errno at once.
  void Finish(ssize_t value) {
    result = value < 0 ? -errno : static_cast<int32_t>(value);
  }
};

static_assert(offsetof(Registers, fd) == 16, "see src/registers.ts");
static_assert(sizeof(Registers) == 40, "see src/registers.ts");

// Memory that native code and JavaScript both see, known by its number. It
// lives as long as the ArrayBuffer that shows it to JavaScript.
struct Arena {
  void* data = nullptr;
  size_t bytes = 0;
};

// Bytes of JavaScript's own memory, valid until control goes back to it.
struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};

struct Environment : std::enable_shared_from_this<Environment> {
  Registers registers{};
  // Only JavaScript's thread adds to them; a runtime may collect an ArrayBuffer
  // on another one.
  std::vector<Arena> arenas;
  std::mutex arenas_mutex;
  // What the next receive fills and the next send sends: JavaScript knows how
  // long they are there, see src/recv-send.ts.
  Bytes received;
  Bytes sent;

  // The arena, seen as a T; null if there is none of that number and size.
  template <typename T>
  T* Find(int32_t number, size_t* bytes) const {
    if (number < 0 || static_cast<size_t>(number) >= arenas.size()) {
      return nullptr;
    }
    const Arena& arena = arenas[static_cast<size_t>(number)];
    if (arena.bytes < sizeof(T)) return nullptr;
    *bytes = arena.bytes;
    return static_cast<T*>(arena.data);
  }

  static Environment* Of(napi_env env);
};

// Adds createArena(bytes) -> [number, ArrayBuffer], and `registers`.
void InitEnvironment(Napi::Env env, Napi::Object exports);

// Adds a function to the module under its own name.
template <napi_callback Function>
void Export(Napi::Env env, Napi::Object exports, const char* name) {
  napi_value function = nullptr;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, Function,
                           Environment::Of(env), &function) == napi_ok) {
    napi_set_named_property(env, exports, name, function);
  }
}

// Makes a function of JavaScript's out of one that uses the registers.
template <void (*Function)(Environment* environment)>
napi_value Crossing(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  Function(static_cast<Environment*>(data));
  return nullptr;
}

#endif  // POSIX_SELECT_ENVIRONMENT_H_
