// What C++ asks of its run-time library, over C's. That library would throw when
// there is no memory left; nothing here could catch it, so the program ends as
// it would there.
#include <cstdlib>
#include <exception>

namespace std {

void terminate() noexcept { abort(); }

// Parts of the library that are not used name them.
exception_ptr::exception_ptr(const exception_ptr& /*other*/) noexcept {
  abort();
}
exception_ptr::~exception_ptr() noexcept {}
exception_ptr& exception_ptr::operator=(const exception_ptr& /*o*/) noexcept {
  abort();
}
void rethrow_exception(exception_ptr /*exception*/) { abort(); }

}  // namespace std

void* operator new(std::size_t bytes) {
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) std::abort();
  return memory;
}

void* operator new[](std::size_t bytes) { return operator new(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }

void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
  std::free(memory);
}

void operator delete[](void* memory, std::size_t /*bytes*/) noexcept {
  std::free(memory);
}
