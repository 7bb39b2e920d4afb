/**
 * 11 - async/await: it was a generator all along
 *
 * New here: a runner that makes `await` of `yield`. It takes the promise that a
 * generator yields, and when that is settled calls next() with its value, or
 * throw() with its error. That is all: an async function is a generator with such
 * a runner built in, and the loop that wakes it is Node's own.
 *
 * Read first:         10-delegation.ts
 * Run:                npm run lesson 11 [tickMs]
 *                     A tick is a second (1000) unless you say otherwise. By hand:
 *                     npm run lesson 11 100 -- --repl
 *                       > await run(printNumsByHand(2))
 *                       1
 *                       2
 *                       > await Promise.all([printNums(3), run(printTimeByHand(1))])
 *                       1
 *                       0 seconds have passed
 *                       2
 *                       3
 *                       [ undefined, undefined ]
 * In other terminals: nothing is needed.
 * Observe:            two functions run side by side, one that prints numbers and
 *                     one that prints the time every third second: first as
 *                     generators, then as async functions.
 *                       1
 *                       0 seconds have passed
 *                       2
 *                       3
 *                       4
 *                       3 seconds have passed
 *                       5
 * What hurts:         it is still one thread, and nobody else gets it before the
 *                     next `await`. Put three seconds of work into printNums,
 *                     `const end = Date.now() + 3000; while (Date.now() < end);`,
 *                     and both stand still, with all else in the program.
 *
 * In Python: asyncio_async_await.py. It goes on for ever, and asyncio is something
 * to be started; here the loop is always there. asyncio.run(main()) is a plain
 * `await main()`, create_task(f()) is f() without `await` (it begins at once, while
 * Python's f() does nothing until it is awaited or made a task), gather() is
 * Promise.all(), and asyncio.sleep(1) the setTimeout() of node:timers/promises.
 */
import { setTimeout as sleep } from "node:timers/promises";

const [, , tick = "1000"] = process.argv;
const tickMs = Number(tick || NaN);
if (!(tickMs >= 0 && tickMs < 2 ** 31)) {
  console.error(`A tick takes so many milliseconds, not ${tick}`);
  process.exit(1);
}

type Task<T> = Generator<Promise<unknown>, T, unknown>;

/** What is built into every async function. */
export function run<T>(task: Task<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    function goOn({ value, done }: IteratorResult<Promise<unknown>, T>): void {
      if (done) resolve(value);
      else
        value
          .then(
            (result) => task.next(result), // up to its next yield
            (error: unknown) => task.throw(error),
          )
          .then(goOn, reject);
    }
    goOn(task.next());
  });
}

export function* printNumsByHand(count = 5): Task<void> {
  for (let num = 1; num <= count; num++) {
    console.log(num);
    yield sleep(tickMs);
  }
}

export function* printTimeByHand(count = 5): Task<void> {
  for (let passed = 0; passed < count; passed++) {
    if (passed % 3 === 0) console.log(`${passed} seconds have passed`);
    yield sleep(tickMs);
  }
}

export async function printNums(count = 5): Promise<void> {
  for (let num = 1; num <= count; num++) {
    console.log(num);
    await sleep(tickMs);
  }
}

export async function printTime(count = 5): Promise<void> {
  for (let passed = 0; passed < count; passed++) {
    if (passed % 3 === 0) console.log(`${passed} seconds have passed`);
    await sleep(tickMs);
  }
}

await Promise.all([run(printNumsByHand()), run(printTimeByHand())]);
console.log("---");
await Promise.all([printNums(), printTime()]);

// Next: what it is good for. 12-image-downloader/index.ts
