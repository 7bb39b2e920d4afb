/**
 * Exercise 16 - The error that got lost: the solution
 *
 * It should:  Run a generator that yields futures. Each gives it its value,
 *             or throws its error where the generator waits. What leaves the
 *             generator, a value or an error, is the outcome of the task's
 *             own future.
 * Was wrong:  Nobody threw the error into the generator, where its try waits
 *             for it (generator.throw). And nobody caught what came out: it
 *             belongs to the task's future, so that who waits for the task
 *             gets it.
 * Run:        node --import tsx exercises/solutions/16-the-error-that-got-lost.ts one missing two
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
    try {
      const next =
        "value" in outcome
          ? generator.next(outcome.value)
          : generator.throw(outcome.error);
      if (next.done) result.settle({ value: next.value });
      else next.value.callbacks.push(step);
    } catch (error) {
      result.settle({ error });
    }
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
