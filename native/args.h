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

#include "environment.h"
#include "mark.h"

// The arguments of one call. The first bad one throws a TypeError and turns
// `failed()` on; what is read after it is zero. It is made for each call, so it
// asks Node-API itself: node-addon-api's CallbackInfo costs as much as some
// calls.
class Args {
 public:
  Args(napi_env env, napi_callback_info info) : env_(env) {
    // What was not given is undefined.
    size_t count = kMost;
    void* data = nullptr;
    napi_get_cb_info(env, info, &count, values_, nullptr, &data);
    environment_ = static_cast<Environment*>(data);
  }

  Napi::Value operator[](size_t index) const { return {env_, values_[index]}; }

  bool failed() const { return failed_; }

  int32_t Int(size_t index, const char* name) {
    int32_t value = 0;
    if (!failed_ &&
        napi_get_value_int32(env_, values_[index], &value) != napi_ok) {
      Fail(index, name, "an integer");
    }
    return value;
  }

  uint32_t Uint(size_t index, const char* name) {
    uint32_t value = 0;
    if (!failed_ &&
        napi_get_value_uint32(env_, values_[index], &value) != napi_ok) {
      Fail(index, name, "an unsigned integer");
    }
    return value;
  }

  double Double(size_t index, const char* name) {
    double value = 0;
    if (!failed_ &&
        napi_get_value_double(env_, values_[index], &value) != napi_ok) {
      Fail(index, name, "a number");
    }
    return value;
  }

  std::string Text(size_t index, const char* name) {
    if (failed_) return {};
    if (!(*this)[index].IsString()) {
      Fail(index, name, "a string");
      return {};
    }
    return (*this)[index].As<Napi::String>().Utf8Value();
  }

  Bytes Uint8Array(size_t index, const char* name) {
    Bytes bytes;
    if (failed_) return bytes;
    napi_typedarray_type type;
    void* data = nullptr;
    if (napi_get_typedarray_info(env_, values_[index], &type, &bytes.length,
                                 &data, nullptr, nullptr) != napi_ok ||
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
    if (napi_get_value_external(env_, values_[index], &handle) != napi_ok ||
        handle == nullptr || *static_cast<const Mark*>(handle) != T::kMark) {
      Fail(index, name, "a handle of this addon's, of the right kind");
      return nullptr;
    }
    return static_cast<T*>(handle);
  }

  // The arena of that number, seen as a T. Never null unless failed().
  template <typename T>
  T* Shared(size_t index, const char* name, size_t* bytes = nullptr) {
    const int32_t number = Int(index, name);
    if (failed_) return nullptr;
    size_t found = 0;
    auto* memory = environment_->Find<T>(number, &found);
    if (memory == nullptr) {
      Fail(index, name, "an arena that is large enough");
    }
    if (bytes != nullptr) *bytes = found;
    return memory;
  }

  Environment* environment() const { return environment_; }

  // Throws for argument `index`, counted from 0.
  void Fail(size_t index, const char* name, const char* expected) {
    failed_ = true;
    Napi::TypeError::New(env_, "Expected argument " +
                                   std::to_string(index + 1) + " (" + name +
                                   ") to be " + expected)
        .ThrowAsJavaScriptException();
  }

  // The result of a system call, -1 turned into -errno at once.
  napi_value Result(ssize_t result) const {
    return Number(result < 0 ? -errno : result);
  }

  // A result that is -errno already.
  napi_value Number(int64_t value) const {
    napi_value number = nullptr;
    // JavaScript has a shorter form for these.
    if (value >= INT32_MIN && value <= INT32_MAX) {
      napi_create_int32(env_, static_cast<int32_t>(value), &number);
    } else {
      napi_create_double(env_, static_cast<double>(value), &number);
    }
    return number;
  }

  napi_value Undefined() const {
    napi_value undefined = nullptr;
    napi_get_undefined(env_, &undefined);
    return undefined;
  }

 private:
  // As many as the call has that has the most.
  static constexpr size_t kMost = 6;

  napi_env env_;
  Environment* environment_ = nullptr;
  napi_value values_[kMost];
  bool failed_ = false;
};

#endif  // POSIX_SELECT_ARGS_H_
