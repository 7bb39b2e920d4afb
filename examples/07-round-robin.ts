/**
 * 07 - Round robin: functions that take turns
 *
 * New here: a function that can be left in the middle. A generator runs up to its
 * next `yield`, gives a value, and stands still with all of its variables, until
 * next() lets it go on. With that and a queue, two functions run by turns.
 *
 * Read first:         06-selectors.ts
 * Run:                npm run lesson 7
 *                     To take the turns by hand: npm run lesson 7 -- --repl
 *                       > const letters = genOfString("Dima")
 *                       > letters.next()
 *                       { value: 'D', done: false }
 *                       > letters.next()
 *                       { value: 'i', done: false }
 *                       > roundRobin([letters, genOfNumbers(3)])
 *                       m
 *                       0
 *                       a
 *                       1
 *                       2
 * In other terminals: nothing is needed.
 * Observe:            a word and four numbers, by turns, a line each:
 *                       D 0 i 1 m 2 a 3
 *                     And where one has less to give, the other goes on alone:
 *                       a 0 n 1 y 2   3 s 4 t 5 r 6 i 7 n 8 g 9 10
 *                     There is one thread, and nobody is ever interrupted: who is
 *                     in the middle of a step is left in peace up to its `yield`.
 * What hurts:         everybody gets a turn, whether there is something to do or
 *                     not. A task that waits for a client would be asked again and
 *                     again, as in 02; or would wait, and keep all the others from
 *                     their turns, as in 01.
 *
 * In Python: generetors.py. next(task) raises StopIteration when a generator is
 * over; here next() gives `done: true`.
 */
export function* genOfString(text: string): Generator<string, void> {
  for (const letter of text) yield letter;
}

export function* genOfNumbers(count: number): Generator<number, void> {
  for (let i = 0; i < count; i++) yield i;
}

type Task = Generator<string | number, void>;

/** The queue is the whole loop: take the first, a step, put it at the end. */
export function roundRobin(tasks: Task[]): void {
  for (;;) {
    const task = tasks.shift();
    if (task === undefined) return; // all are over
    const { value, done } = task.next(); // up to its next yield
    if (done) continue; // it is over: it does not come back
    console.log(value);
    tasks.push(task);
  }
}

roundRobin([genOfString("Dima"), genOfNumbers(4)]);
console.log("---");
roundRobin([genOfString("any string"), genOfNumbers(11)]);

// Next: what if a task said what it waits for? 08-generators.ts
