// Reads a call's arguments and gives its result back.
//
// TypeScript has validated what a user gave. The checks here are the last line:
// no value of JavaScript's own can make native code read or write out of
// bounds.
#ifndef POSIX_SELECT_ARGS_H_
#define POSIX_SELECT_ARGS_H_

#include <napi.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>

#include "arena.h"
#include "mark.h"

// Bytes of JavaScript's own memory, valid until control goes back to it.
struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};

// The arguments of one call. The first bad one throws a TypeError and turns
// `failed()` on; what is read after it is zero.
class Args {
 public:
  explicit Args(const Napi::CallbackInfo& info) : info_(info) {}

  bool failed() const { return failed_; }

  int32_t Int(size_t index, const char* name) {
    int32_t value = 0;
    if (!failed_ &&
        napi_get_value_int32(info_.Env(), info_[index], &value) != napi_ok) {
      Fail(index, name, "an integer");
    }
    return value;
  }

  uint32_t Uint(size_t index, const char* name) {
    uint32_t value = 0;
    if (!failed_ &&
        napi_get_value_uint32(info_.Env(), info_[index], &value) != napi_ok) {
      Fail(index, name, "an unsigned integer");
    }
    return value;
  }

  double Double(size_t index, const char* name) {
    double value = 0;
    if (!failed_ &&
        napi_get_value_double(info_.Env(), info_[index], &value) != napi_ok) {
      Fail(index, name, "a number");
    }
    return value;
  }

  std::string Text(size_t index, const char* name) {
    if (failed_) return {};
    if (!info_[index].IsString()) {
      Fail(index, name, "a string");
      return {};
    }
    return info_[index].As<Napi::String>().Utf8Value();
  }

  Bytes Uint8Array(size_t index, const char* name) {
    Bytes bytes;
    if (failed_) return bytes;
    napi_typedarray_type type;
    void* data = nullptr;
    if (napi_get_typedarray_info(info_.Env(), info_[index], &type,
                                 &bytes.length, &data, nullptr,
                                 nullptr) != napi_ok ||
        type != napi_uint8_array) {
      Fail(index, name, "a Uint8Array");
      return {};
    }
    bytes.data = static_cast<uint8_t*>(data);
    return bytes;
  }

  // What the addon itself has put behind an External. Never null unless
  // failed().
  template <typename T>
  T* Marked(size_t index, const char* name) {
    if (failed_) return nullptr;
    void* handle = nullptr;
    if (napi_get_value_external(info_.Env(), info_[index], &handle) !=
            napi_ok ||
        *static_cast<const Mark*>(handle) != T::kMark) {
      Fail(index, name, "a handle of this addon's, of the right kind");
      return nullptr;
    }
    return static_cast<T*>(handle);
  }

  // The shared memory that createArena() made, seen as a T. Never null unless
  // failed().
  template <typename T>
  T* Shared(size_t index, const char* name, size_t* bytes = nullptr) {
    const auto* arena = Marked<Arena>(index, name);
    if (arena == nullptr) return nullptr;
    if (arena->bytes < sizeof(T)) {
      Fail(index, name, "an arena that is large enough");
      return nullptr;
    }
    if (bytes != nullptr) *bytes = arena->bytes;
    return static_cast<T*>(arena->data);
  }

  // Throws for argument `index`, counted from 0.
  void Fail(size_t index, const char* name, const char* expected) {
    failed_ = true;
    Napi::TypeError::New(info_.Env(), "Expected argument " +
                                          std::to_string(index + 1) + " (" +
                                          name + ") to be " + expected)
        .ThrowAsJavaScriptException();
  }

  // The result of a system call, -1 turned into -errno at once.
  Napi::Value Result(ssize_t result) const {
    if (result < 0) return Number(-errno);
    return Number(static_cast<double>(result));
  }

  // A result that is -errno already.
  Napi::Value Number(double value) const {
    return Napi::Number::New(info_.Env(), value);
  }

  Napi::Value Undefined() const { return info_.Env().Undefined(); }

 private:
  const Napi::CallbackInfo& info_;
  bool failed_ = false;
};

// Adds a function to the module under its own name.
template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
void Export(Napi::Env env, Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<Function>(env, name));
}

#endif  // POSIX_SELECT_ARGS_H_
