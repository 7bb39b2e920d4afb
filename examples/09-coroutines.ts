/**
 * 09 - Coroutines: values that go in
 *
 * New here: next(value), which hands a value in. It is what `yield` gives inside,
 * so that a generator takes as well as it gives; throw() hands an exception in. A
 * generator that is used so is a coroutine: it and its caller take turns, and each
 * time one of them has something for the other.
 *
 * Read first:         08-generators.ts
 * Run:                npm run lesson 9
 *                     To send by hand: npm run lesson 9 -- --repl
 *                       > const gen = subgen()
 *                       > getGeneratorState(gen)
 *                       'GEN_CREATED'
 *                       > gen.next()
 *                       { value: 'ready to receive', done: false }
 *                       > getGeneratorState(gen)
 *                       'GEN_SUSPENDED'
 *                       > getGeneratorLocation(gen).line
 *                       71
 *                       > gen.next("example")
 *                       Subgen received: example
 *                       { value: 'bye', done: true }
 *                       > getGeneratorState(gen)
 *                       'GEN_CLOSED'
 *                       > const avg = average()
 *                       > avg.next(10).value
 *                       10
 *                       > avg.next(15).value
 *                       12.5
 *                       > avg.throw(new Done())
 *                       { value: 12.5, done: true }
 * In other terminals: nothing is needed.
 * Observe:            the four states, a value that gets lost, a coroutine that
 *                     keeps count between two calls, and two exceptions: one that
 *                     it knows, and one that goes through it to whoever threw it.
 *                       subgen() is made: GEN_CREATED
 *                       it gives "ready to receive": GEN_SUSPENDED
 *                       Subgen received: example
 *                       it returns "bye": GEN_CLOSED
 *                       one that asks for itself: GEN_RUNNING
 *                       sent too early: it gives "ready to receive"
 *                       average of 4: 4
 *                       and 5: 4.5
 *                       and 7: 5.33
 *                       Done goes in: 5.33 is its result, done is true
 *                       Error: Boom comes back: GEN_CLOSED
 * What hurts:         a coroutine that uses another one has to pass on all that
 *                     comes in and goes out: values, exceptions, the result.
 *
 * In Python: coroutines.py, 4_coroutines.py. gen.send(value) is next(value) here,
 * and StopIteration's value the one beside `done: true`. Python refuses a value
 * that is sent to a generator which has not begun (TypeError); JavaScript loses it
 * without a word, since no `yield` waits for it. One `average` of Python's catches
 * StopIteration, prints "Done", and goes on for ever; here Done is the end of it.
 */
import { getGeneratorState } from "posix-select/inspect";

/** Gives a generator that has begun: it waits at its first yield. */
export function coroutine<Out, Result, In>(
  make: () => Generator<Out, Result, In>,
): () => Generator<Out, Result, In> {
  return () => {
    const generator = make();
    generator.next(); // the first one goes in for nothing
    return generator;
  };
}

export function* subgen(): Generator<string, string, string> {
  const message = yield "ready to receive"; // this goes out, and that comes in
  console.log(`Subgen received: ${message}`);
  return "bye";
}

/** What is thrown into an average that gets no more numbers. */
export class Done extends Error {}

function* countAverage(): Generator<number, number, number> {
  let [count, sum, average] = [0, 0, NaN];
  try {
    for (;;) {
      sum += yield average; // the average so far goes out, a number comes in
      average = Math.round((sum / ++count) * 100) / 100;
    }
  } catch (error) {
    if (!(error instanceof Done)) throw error;
    return average;
  }
}

// In Python `@coroutine` stands above the function; here it is a call.
export const average = coroutine(countAverage);

const gen = subgen();
console.log(`subgen() is made: ${getGeneratorState(gen)}`);
const given = gen.next().value;
console.log(`it gives "${given}": ${getGeneratorState(gen)}`);
const result = gen.next("example").value;
console.log(`it returns "${result}": ${getGeneratorState(gen)}`);

function* askForItself(): Generator<string, void, void> {
  yield getGeneratorState(itself);
}
const itself = askForItself();
for (const state of itself) console.log(`one that asks for itself: ${state}`);

console.log(`sent too early: it gives "${subgen().next("lost").value}"`);

const running = average();
console.log(`average of 4: ${running.next(4).value}`);
console.log(`and 5: ${running.next(5).value}`);
console.log(`and 7: ${running.next(7).value}`);
const { value, done } = running.throw(new Done());
console.log(`Done goes in: ${value} is its result, done is ${done}`);

const unprepared = coroutine(subgen)();
try {
  unprepared.throw(new Error("Boom"));
} catch (error) {
  console.log(`${String(error)} comes back: ${getGeneratorState(unprepared)}`);
}

// Next: a coroutine inside another one. 10-delegation.ts
