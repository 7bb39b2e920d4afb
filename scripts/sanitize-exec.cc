// Preloaded beside ThreadSanitizer: of the programs that a program starts, only
// Node gets the sanitizer. Shells crash with it, and pkill hangs.
#include <dlfcn.h>
#include <unistd.h>

#include <cstring>
#include <vector>

extern "C" int execvp(const char* file, char* const argv[]) {
  const auto next =
      reinterpret_cast<int (*)(const char*, char* const[], char* const[])>(
          dlsym(RTLD_NEXT, "execvpe"));
  const char* slash = strrchr(file, '/');
  const bool is_node = strcmp(slash == nullptr ? file : slash + 1, "node") == 0;
  std::vector<char*> kept;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; entry++) {
    const bool is_preload = strncmp(*entry, "LD_PRELOAD=", 11) == 0;
    if (is_node || !is_preload) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return next(file, argv, kept.data());
}
