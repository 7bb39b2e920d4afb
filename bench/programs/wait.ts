// Our waits: wait.js MECHANISM. A case is SOCKETS/READY; each call looks.
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

const mechanism = process.argv[2];

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
