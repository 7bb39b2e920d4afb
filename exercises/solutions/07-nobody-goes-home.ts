/**
 * Exercise 07 - Nobody goes home: the solution
 *
 * It should:  Run two generators by turns, one step each, and end when both
 *             have ended: D 0 i 1 m 2 a 3 and so on.
 * Was wrong:  In Python a generator that has ended throws StopIteration. In
 *             JavaScript next() goes on giving { done: true, value:
 *             undefined }, and nobody looked at done.
 * Run:        node --import tsx exercises/solutions/07-nobody-goes-home.ts [text] [count]
 */
function* letters(text: string): Generator<string, undefined> {
  for (const letter of text) yield letter;
  return undefined;
}

function* numbers(count: number): Generator<number, undefined> {
  for (let number = 0; number < count; number++) yield number;
  return undefined;
}

const [text = "Dima", count = "6"] = process.argv.slice(2);
const tasks: Generator<string | number, undefined>[] = [
  letters(text),
  numbers(Number(count)),
];

for (;;) {
  const task = tasks.shift();
  if (task === undefined) break; // all have ended
  const { done, value } = task.next();
  if (done) continue; // it is not put back
  console.log(value);
  tasks.push(task);
}
