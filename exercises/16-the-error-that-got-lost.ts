/**
 * Exercise 16 - The error that got lost
 *
 * Lesson:     16-futures-and-tasks
 * It should:  Run a generator that yields futures. Each gives it its value,
 *             or throws its error where the generator waits. What leaves the
 *             generator, a value or an error, is the outcome of the task's
 *             own future.
 * Now:        a future that failed gives undefined, as if all were well.
 * Run:        node --import tsx exercises/16-the-error-that-got-lost.ts one missing two
 * Mend:       the place marked TODO, then: npm run exercise
 */
/** Something that will be there later: a value, or an error. */
class Future {
  outcome: { value: string } | { error: unknown } | undefined;
  callbacks: ((future: Future) => void)[] = [];

  settle(outcome: { value: string } | { error: unknown }): void {
    this.outcome = outcome;
    for (const callback of this.callbacks)
      ready.push(() => {
        callback(this);
      });
  }
}

const ready: (() => void)[] = []; // what the loop has to do

/** Runs a generator, step by step; gives the future of its outcome. */
function task(generator: Generator<Future, string, string>): Future {
  const result = new Future();
  const step = (future?: Future): void => {
    const outcome = future?.outcome ?? { value: "" };
    // TODO: and if the outcome is an error? And if next() throws one?
    const value = "value" in outcome ? outcome.value : "undefined";
    const next = generator.next(value);
    if (next.done) result.settle({ value: next.value });
    else next.value.callbacks.push(step);
  };
  ready.push(step);
  return result;
}

/** A page, a turn of the loop later. */
function load(name: string): Future {
  const future = new Future();
  const error = new Error(`there is no ${name}`);
  const isThere = !name.startsWith("missing");
  const outcome = isThere ? { value: `this is ${name}` } : { error };
  ready.push(() => {
    future.settle(outcome);
  });
  return future;
}

function* visit(names: string[]): Generator<Future, string, string> {
  for (const name of names) {
    try {
      console.log(yield load(name));
    } catch (error) {
      console.log(`visit: ${String(error)}`);
    }
  }
  return yield load(names.at(-1) ?? "missing");
}

const visiting = task(visit(process.argv.slice(2)));
for (let next = ready.shift(); next; next = ready.shift()) next();
console.log(visiting.outcome);
