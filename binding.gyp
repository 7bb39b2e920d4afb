{
  "targets": [
    {
      "target_name": "posix_select",
      "sources": [
        "native/addon.cc",
        "native/address.cc",
        "native/constants.cc",
        "native/environment.cc",
        "native/epoll.cc",
        "native/fd.cc",
        "native/kqueue.cc",
        "native/poll.cc",
        "native/resolve.cc",
        "native/select.cc",
        "native/signals.cc",
        "native/socket.cc",
        "native/message.cc",
        "native/waiter.cc",
        "native/watcher.cc"
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
