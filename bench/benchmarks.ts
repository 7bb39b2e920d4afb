import { echo } from "./echo.ts";
import { epoll } from "./epoll.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { http } from "./http.ts";
import { instructions } from "./instructions.ts";
import { io } from "./io.ts";
import { observe } from "./observe.ts";
import { poll } from "./poll.ts";
import { processes } from "./processes.ts";
import { scale } from "./scale.ts";
import { select } from "./select.ts";

/** All of them, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  select,
  poll,
  epoll,
  io,
  echo,
  http,
  scale,
  processes,
  observe,
  instructions,
];
