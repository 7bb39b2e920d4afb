// Tells the addon's own Externals apart: each struct behind one begins with its
// mark.
#ifndef POSIX_SELECT_MARK_H_
#define POSIX_SELECT_MARK_H_

#include <cstdint>

enum class Mark : uint32_t {
  kWatcher = 0x504f5302,
  kWaiter = 0x504f5303,
};

#endif  // POSIX_SELECT_MARK_H_
