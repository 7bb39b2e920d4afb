#include "environment.h"

#include <cstdlib>

#include "args.h"

namespace {

constexpr double kMostBytes = 1 << 30;

// An ArrayBuffer may be collected when the rest of the environment has gone.
using Share = std::shared_ptr<Environment>;

struct ArenaShare {
  Share environment;
  size_t number;
};

void ReleaseArena(Napi::Env /*env*/, void* data, ArenaShare* share) {
  {
    const std::lock_guard<std::mutex> lock(share->environment->arenas_mutex);
    share->environment->arenas[share->number] = {};
  }
  std::free(data);
  delete share;
}

// Gives it the first number that is free.
size_t Add(Environment* environment, const Arena& arena) {
  const std::lock_guard<std::mutex> lock(environment->arenas_mutex);
  auto& arenas = environment->arenas;
  size_t number = 0;
  while (number < arenas.size() && arenas[number].data != nullptr) number++;
  if (number == arenas.size()) arenas.emplace_back();
  arenas[number] = arena;
  return number;
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
  const Share environment = args.environment()->shared_from_this();
  const size_t number = Add(environment.get(), {data, size});
  auto* share = new ArenaShare{environment, number};
  Napi::Array pair = Napi::Array::New(env, 2);
  pair.Set(0U, static_cast<double>(number));
  pair.Set(1U, Napi::ArrayBuffer::New(env, data, size, ReleaseArena, share));
  return pair;
}

void ReleaseShare(Napi::Env /*env*/, void* /*data*/, Share* share) {
  delete share;
}

}  // namespace

Environment* Environment::Of(napi_env env) {
  void* share = nullptr;
  napi_get_instance_data(env, &share);
  return static_cast<Share*>(share)->get();
}

void InitEnvironment(Napi::Env env, Napi::Object exports) {
  const Share environment = std::make_shared<Environment>();
  napi_set_instance_data(
      env, new Share(environment),
      [](napi_env /*env*/, void* data, void* /*hint*/) {
        delete static_cast<Share*>(data);
      },
      nullptr);
  exports.Set("registers",
              Napi::ArrayBuffer::New(env, &environment->registers,
                                     sizeof(environment->registers),
                                     ReleaseShare, new Share(environment)));
  Export<CreateArena>(env, exports, "createArena");
}
