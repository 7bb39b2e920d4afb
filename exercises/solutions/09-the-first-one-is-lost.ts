/**
 * Exercise 09 - The first one is lost: the solution
 *
 * It should:  Print the running average and the largest of all numbers so
 *             far: with 4 5 9 the lines 4 4, then 4.5 5, then 6 9.
 * Was wrong:  A new generator stands before its first line, not at a yield:
 *             what the first next() brings is received by nobody. Python
 *             says so (can't send non-None value to a just-started
 *             generator), JavaScript keeps silent. A first next() has to
 *             prime it.
 * Run:        node --import tsx exercises/solutions/09-the-first-one-is-lost.ts [number ...]
 */
type Coroutine = Generator<number, never, number>;

/** Takes numbers, and gives their average so far. */
function* average(): Coroutine {
  let sum = 0;
  let result = 0;
  for (let count = 1; ; count++) {
    sum += yield result;
    result = sum / count;
  }
}

/** Takes numbers, and gives the largest so far. */
function* largest(): Coroutine {
  let result = -Infinity;
  for (;;) result = Math.max(result, yield result);
}

/** A coroutine that is ready to take its first number. */
function coroutine(make: () => Coroutine): Coroutine {
  const made = make();
  made.next(NaN); // runs to its first yield; what it is given is lost
  return made;
}

const averages = coroutine(average);
const largests = coroutine(largest);
const [...numbers] = process.argv.slice(2);

for (const number of numbers.length > 0 ? numbers : ["4", "5", "9"]) {
  const { value: mean } = averages.next(Number(number));
  const { value: most } = largests.next(Number(number));
  console.log(`${mean} ${most}`);
}
