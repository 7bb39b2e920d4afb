/**
 * 10 - Delegation: a coroutine inside another one
 *
 * New here: a generator that hands its place over to another: `yield*`. Whatever
 * comes in (values, exceptions, an early end) goes to the inner one, what that
 * gives goes out, and what it returns is the value of `yield*`. The same once by
 * hand shows how much that is.
 *
 * Read first:         09-coroutines.ts
 * Run:                npm run lesson 10
 *                     To send by hand: npm run lesson 10 -- --repl
 *                       > const gen = delegator(subgen())
 *                       > gen.next()
 *                       { value: 'ready', done: false }
 *                       > gen.next("hello")
 *                       Subgen received: hello
 *                       { value: 'ready', done: false }
 *                       > gen.throw(new Done())
 *                       Subgen ends
 *                       Delegator got: that was all
 *                       { value: 'that was all', done: true }
 *                     and delegator(delegator(subgen())), as deep as you like.
 * In other terminals: nothing is needed.
 * Observe:            the same three talks twice, first by hand, then by `yield*`:
 *                     it makes no difference to either side.
 *                       Subgen received: one
 *                       Subgen received: two
 *                       Subgen ends
 *                       Delegator got: that was all
 *                       Subgen ends
 *                       Error: Boom comes through
 *                       Subgen ends
 *                       return() gives: enough
 *                     And `yield*` takes whatever can be iterated, as a string:
 *                       y i e l d *
 * What hurts:         we still call next() ourselves, each time by hand. And a star
 *                     is soon forgotten: `yield inner()` hands the inner generator
 *                     itself to the caller, and nothing in it ever runs.
 *
 * In Python: delegation.py. `yield from` is `yield*` here. Its delegator by hand
 * passes messages in and nothing out: what the inner generator gives is lost, and
 * its end, a StopIteration inside another generator, becomes a RuntimeError. Both
 * `yield from` and `yield*` want a generator that has not begun: one that was
 * primed hears a first message from nobody (None there, undefined here).
 */
type Messages = Generator<string, string, string>;

/** What is thrown into a subgen that gets no more messages. */
export class Done extends Error {}

export function* subgen(): Messages {
  try {
    for (;;) console.log(`Subgen received: ${yield "ready"}`);
  } catch (error) {
    if (!(error instanceof Done)) throw error;
    return "that was all";
  } finally {
    console.log("Subgen ends");
  }
}

export function* delegatorByHand(inner: Messages): Messages {
  try {
    let step = inner.next(); // it begins
    while (!step.done) {
      let message: string;
      try {
        message = yield step.value; // what it gives goes out
      } catch (error) {
        step = inner.throw(error); // an exception goes in
        continue;
      }
      step = inner.next(message); // a value goes in
    }
    console.log(`Delegator got: ${step.value}`);
    return step.value;
  } finally {
    inner.return(""); // we were ended early: so is it. Otherwise it has ended
  }
}

export function* delegator(inner: Messages): Messages {
  const result = yield* inner;
  console.log(`Delegator got: ${result}`);
  return result;
}

function talk(delegate: (inner: Messages) => Messages): void {
  const told = delegate(subgen());
  told.next();
  told.next("one");
  told.next("two");
  told.throw(new Done());

  const broken = delegate(subgen());
  broken.next();
  try {
    broken.throw(new Error("Boom"));
  } catch (error) {
    console.log(`${String(error)} comes through`);
  }

  const ended = delegate(subgen());
  ended.next();
  console.log(`return() gives: ${ended.return("enough").value}`);
  console.log("---");
}

talk(delegatorByHand);
talk(delegator);

export function* letters(text: string): Generator<string, void> {
  yield* text;
}

console.log([...letters("yield*")].join(" "));

// Next: a loop that calls next() for us. 11-async-await.ts
