/**
 * Exercise 10 - Handing over: the solution
 *
 * It should:  Add up two groups of numbers; / ends a group. What is no
 *             number is reported by the group that it came to, and left out.
 * Was wrong:  for ... of takes what a generator yields, and that is all:
 *             what is sent in does not reach it, nor what is thrown in, and
 *             what it returns is dropped. yield* passes all four through
 *             (Python: yield from).
 * Run:        node --import tsx exercises/solutions/10-handing-over.ts 1 2 / 10 x 20 /
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
    const sum = yield* group(name);
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
