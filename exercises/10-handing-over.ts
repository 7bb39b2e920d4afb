/**
 * Exercise 10 - Handing over
 *
 * Lesson:     10-delegation
 * It should:  Add up two groups of numbers; / ends a group. What is no
 *             number is reported by the group that it came to, and left out.
 * Now:        both sums are 0, and whatever is typed is lost.
 * Run:        node --import tsx exercises/10-handing-over.ts 1 2 / 10 x 20 /
 * Mend:       the place marked TODO, then: npm run exercise
 */
type Adding<Result> = Generator<string, Result, number | undefined>;

/** Takes numbers until undefined comes, and returns their sum. */
function* group(name: string): Adding<number> {
  let sum = 0;
  let answer = `group ${name} begins`;
  for (;;) {
    try {
      const number = yield answer;
      if (number === undefined) return sum;
      sum += number;
      answer = `group ${name}: ${sum}`;
    } catch (error) {
      answer = `group ${name}: ${String(error)}`;
    }
  }
}

/** Two groups, one after the other. */
function* both(): Adding<string> {
  const sums: number[] = [];
  for (const name of ["A", "B"]) {
    const sum = 0;
    // TODO: this hands out what the group says. What of the other directions?
    for (const answer of group(name)) yield answer;
    sums.push(sum);
  }
  return `the sums are ${sums.join(" and ")}`;
}

const adding = both();
let { value, done } = adding.next();
console.log(value);

for (const word of process.argv.slice(2)) {
  if (done) break;
  const number = word === "/" ? undefined : Number(word);
  ({ value, done } = Number.isNaN(number)
    ? adding.throw(new RangeError(`${word} is no number`))
    : adding.next(number));
  console.log(value);
}
