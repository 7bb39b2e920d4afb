/**
 * Exercise 07 - Nobody goes home
 *
 * Lesson:     07-round-robin
 * It should:  Run two generators by turns, one step each, and end when both
 *             have ended: D 0 i 1 m 2 a 3 and so on.
 * Now:        it prints undefined for ever.
 * Run:        node --import tsx exercises/07-nobody-goes-home.ts [text] [count]
 * Mend:       the place marked TODO, then: npm run exercise
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
  const { value } = task.next();
  console.log(value);
  tasks.push(task); // TODO: always?
}
