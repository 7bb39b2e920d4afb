// Our waits: wait.js MECHANISM [subscriber | scope]. A case is SOCKETS/READY; each
// call looks. The second argument says who is told of them.
import { subscribe } from "node:diagnostics_channel";
import { select } from "posix-select/select";
import {
  type BaseSelector,
  EpollSelector,
  EVENT_READ,
  PollSelector,
} from "posix-select/selectors";
import type { Socket } from "posix-select/socket";
import {
  answerRunner,
  makeReady,
  openSockets,
  type Prepared,
} from "./calls.js";

const [, , mechanism, watcher] = process.argv;

/** What the subscriber has seen, so that it does something. */
let seen = 0;

if (watcher === "subscriber") {
  for (const name of ["posix-select:wait", "posix-select:io"]) {
    subscribe(name, () => {
      seen++;
    });
  }
  process.on("exit", () => {
    if (seen === 0) throw new Error("nothing was told");
  });
} else if (watcher === "scope") {
  process.env["POSIX_SELECT_SCOPE_PORT"] = "off";
  await import("posix-select/scope");
}

function newSelector(): BaseSelector<undefined, Socket> {
  if (mechanism === "poll") return new PollSelector<undefined, Socket>();
  if (EpollSelector === undefined) throw new Error("there is no epoll here");
  return new EpollSelector<undefined, Socket>();
}

function prepareSelect(watched: readonly Socket[], ready: number): Prepared {
  return {
    calls: (count) => {
      for (let i = 0; i < count; i++) {
        const [found] = select(watched, [], [], 0);
        if (found.length !== ready) throw new Error("not all ready");
      }
    },
    close: () => undefined,
  };
}

function prepareSelector(watched: readonly Socket[], ready: number): Prepared {
  const selector = newSelector();
  for (const socket of watched) {
    selector.register(socket, EVENT_READ, undefined);
  }
  return {
    calls: (count) => {
      for (let i = 0; i < count; i++) {
        const found = selector.select(0);
        if (found.length !== ready) throw new Error("not all ready");
      }
    },
    close: () => {
      selector.close();
    },
  };
}

answerRunner((name) => {
  const [sockets = 0, ready = 0] = name.split("/").map(Number);
  const opened = openSockets(sockets);
  makeReady(opened, ready);
  const watched = opened.slice(0, sockets);
  const { calls, close } =
    mechanism === "select"
      ? prepareSelect(watched, ready)
      : prepareSelector(watched, ready);
  return {
    calls,
    close: () => {
      close();
      for (const socket of opened) socket.close();
    },
  };
});
