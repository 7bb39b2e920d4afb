# The addon, for binding.gyp. The package has this file but no binding.gyp, or
# npm would take it for one that has to be compiled; src/build.ts makes one.
{
  "targets": [
    {
      "target_name": "posix_select",
      "sources": [
        "addon.cc",
        "address.cc",
        "constants.cc",
        "environment.cc",
        "epoll.cc",
        "fd.cc",
        "kqueue.cc",
        "poll.cc",
        "resolve.cc",
        "select.cc",
        "signals.cc",
        "socket.cc",
        "message.cc",
        "waiter.cc",
        "watcher.cc"
      ],
      "dependencies": [
        "<!(node -p \"require('node-addon-api').targets\"):node_addon_api"
      ],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags": ["-Wall", "-Wextra", "-Wpedantic", "-Werror"],
      "cflags_cc": [
        "-std=c++17",
        "-fvisibility=hidden",
        "-fvisibility-inlines-hidden"
      ],
      "conditions": [
        ["OS=='mac'", { "defines": ["_DARWIN_UNLIMITED_SELECT=1"] }]
      ],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "WARNING_CFLAGS": ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
      }
    }
  ]
}
