// select(2) with sets as large as the highest descriptor needs. (On macOS that
// takes _DARWIN_UNLIMITED_SELECT, see addon.gypi.)

#include "select.h"

#include <fcntl.h>
#include <sys/select.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "environment.h"
#include "wait.h"

namespace {

// The memory that src/select-set.ts writes and reads: how many descriptors each
// of the three lists has, how many of them are ready after a wait, then the
// descriptors, list after list, and as much room again for a wait's indices of
// those that are ready, list after list without gaps.
struct Lists {
  int32_t count[3];
  int32_t ready[3];
};

// Three bitmaps laid out as fd_set is, but not ending at FD_SETSIZE.
class Sets {
 public:
  explicit Sets(int highest) : words_(Word(highest) + 1) {
    if (words_ <= kStackWords) {
      bits_ = stack_;
      std::fill_n(stack_, 3 * words_, 0UL);
    } else {
      heap_.assign(3 * words_, 0UL);
      bits_ = heap_.data();
    }
  }

  void Add(int set, int fd) { Row(set)[Word(fd)] |= Bit(fd); }
  bool Has(int set, int fd) { return (Row(set)[Word(fd)] & Bit(fd)) != 0; }
  fd_set* Get(int set) { return reinterpret_cast<fd_set*>(Row(set)); }

  // Neighbours share a word, which is written once: adding to memory that was
  // written just before waits for it.
  void AddAll(int set, const int32_t* fds, int32_t count) {
    unsigned long* row = Row(set);
    size_t word = 0;
    unsigned long bits = 0;
    for (int32_t i = 0; i < count; i++) {
      if (Word(fds[i]) != word) {
        row[word] |= bits;
        word = Word(fds[i]);
        bits = 0;
      }
      bits |= Bit(fds[i]);
    }
    row[word] |= bits;
  }

  // Writes the indices of those that are in the set, and one that is not where
  // there is room for it. Gives how many are.
  int Gather(int set, const int32_t* fds, int32_t count, int32_t* indices) {
    const unsigned long* row = Row(set);
    int found = 0;
    for (int32_t i = 0; i < count; i++) {
      indices[found] = i;
      found += (row[Word(fds[i])] & Bit(fds[i])) != 0 ? 1 : 0;
    }
    return found;
  }

 private:
  static constexpr size_t kBits = sizeof(unsigned long) * CHAR_BIT;
  static constexpr size_t kStackWords = 256;  // descriptors below 16,384

  static size_t Word(int fd) { return static_cast<size_t>(fd) / kBits; }
  static unsigned long Bit(int fd) {
    return 1UL << (static_cast<size_t>(fd) % kBits);
  }
  unsigned long* Row(int set) { return bits_ + set * words_; }

  size_t words_;
  unsigned long* bits_;
  unsigned long stack_[3 * kStackWords];
  std::vector<unsigned long> heap_;
};

// A process's descriptor table begins with room for this many, and only grows:
// 64 on Linux, 25 on macOS, 20 and more on the BSDs.
#ifdef __linux__
constexpr int kSmallestTable = 64;
#else
constexpr int kSmallestTable = 20;
#endif

// The highest descriptor that the table is known to cover.
std::atomic<int> highest_covered{kSmallestTable - 1};

// The kernel does not look at descriptors beyond the process's table: it leaves
// their bits as they were, which would make a closed one look ready. If the
// highest one is open, the table covers all the others.
bool BeyondTable(int highest) {
  int covered = highest_covered.load(std::memory_order_relaxed);
  if (highest <= covered) return false;
  if (fcntl(highest, F_GETFD) == -1) return true;
  while (covered < highest &&
         !highest_covered.compare_exchange_weak(covered, highest,
                                                std::memory_order_relaxed)) {
  }
  return false;
}

// A look is quicker with select() than with pselect(), which counts
// nanoseconds.
int Wait(int count, fd_set* readers, fd_set* writers, fd_set* others,
         double timeout_ms) {
  if (timeout_ms == 0) {
    timeval none{};
    return select(count, readers, writers, others, &none);
  }
  const timespec timeout = ToTimespec(timeout_ms);
  return pselect(count, readers, writers, others,
                 std::isinf(timeout_ms) ? nullptr : &timeout, nullptr);
}

// select(arena, timeoutMs, interruptFd) by the registers. Gives how many are
// ready, or kInterrupted.
void Select(Environment* environment) {
  Registers& call = environment->registers;
  size_t bytes = 0;
  auto* lists = environment->Find<Lists>(call.arena, &bytes);
  call.result = -EINVAL;
  if (lists == nullptr) return;

  const int32_t* count = lists->count;
  auto* fds = reinterpret_cast<int32_t*>(lists + 1);
  const auto room =
      static_cast<int64_t>((bytes - sizeof(Lists)) / sizeof(int32_t));
  const int64_t total = int64_t{count[0]} + count[1] + count[2];
  if (count[0] < 0 || count[1] < 0 || count[2] < 0 || 2 * total > room) return;

  int highest = -1;
  int lowest = 0;
  for (int64_t i = 0; i < total; i++) {
    highest = std::max(highest, fds[i]);
    lowest = std::min(lowest, fds[i]);
  }
  if (lowest < 0 || BeyondTable(highest)) {
    call.result = -EBADF;
    return;
  }

  const int interrupt_fd = call.interrupt_fd;
  const int top = std::max(highest, interrupt_fd);
  Sets sets(std::max(top, 0));
  bool used[3];
  for (int set = 0, first = 0; set < 3; set++) {
    used[set] = count[set] > 0;
    if (used[set]) sets.AddAll(set, fds + first, count[set]);
    first += count[set];
  }
  if (interrupt_fd >= 0) {
    used[0] = true;
    sets.Add(0, interrupt_fd);
  }

  const int ready = Wait(top + 1, used[0] ? sets.Get(0) : nullptr,
                         used[1] ? sets.Get(1) : nullptr,
                         used[2] ? sets.Get(2) : nullptr, call.timeout_ms);
  call.Finish(ready);
  if (ready <= 0) return;
  if (interrupt_fd >= 0 && sets.Has(0, interrupt_fd)) {
    call.result = kInterrupted;
    return;
  }

  int found = 0;
  int32_t* indices = fds + total;
  for (int set = 0, first = 0; set < 3; set++) {
    lists->ready[set] =
        sets.Gather(set, fds + first, count[set], indices + found);
    found += lists->ready[set];
    first += count[set];
  }
  call.result = found;
}

}  // namespace

void InitSelect(Napi::Env env, Napi::Object exports) {
  Export<Crossing<Select>>(env, exports, "select");
}
