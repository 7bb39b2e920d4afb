/**
 * Exercise 09 - The first one is lost
 *
 * Lesson:     09-coroutines
 * It should:  Print the running average and the largest of all numbers so
 *             far: with 4 5 9 the lines 4 4, then 4.5 5, then 6 9.
 * Now:        the first number is lost, and all lines after it are wrong.
 * Run:        node --import tsx exercises/09-the-first-one-is-lost.ts [number ...]
 * Mend:       the place marked TODO, then: npm run exercise
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
  // TODO: is it? At which yield does it stand now?
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
