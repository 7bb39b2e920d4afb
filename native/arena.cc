#include "arena.h"

#include <cstdlib>

#include "args.h"

namespace {

constexpr double kMostBytes = 1 << 30;

void Release(Napi::Env /*env*/, Arena* arena) {
  if (--arena->shares > 0) return;
  std::free(arena->data);
  delete arena;
}

void ReleaseBuffer(Napi::Env env, void* /*data*/, Arena* arena) {
  Release(env, arena);
}

napi_value CreateArena(napi_env env, napi_callback_info info) {
  Args args(env, info);
  const double bytes = args.Double(0, "bytes");
  if (args.failed()) return args.Undefined();
  if (!(bytes >= 1 && bytes <= kMostBytes)) {
    args.Fail(0, "bytes", "a size from 1 to 2^30");
    return args.Undefined();
  }
  const auto size = static_cast<size_t>(bytes);
  void* data = std::calloc(1, size);
  if (data == nullptr) {
    Napi::RangeError::New(env, "Out of memory").ThrowAsJavaScriptException();
    return args.Undefined();
  }
  auto* arena = new Arena{Arena::kMark, data, size, 2};
  Napi::Array pair = Napi::Array::New(env, 2);
  pair.Set(0U, Napi::External<Arena>::New(env, arena, Release));
  pair.Set(1U, Napi::ArrayBuffer::New(env, data, size, ReleaseBuffer, arena));
  return pair;
}

}  // namespace

void InitArena(Napi::Env env, Napi::Object exports) {
  Export<CreateArena>(env, exports, "createArena");
}
