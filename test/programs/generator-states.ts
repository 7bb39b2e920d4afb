/** Tells where generators wait: the tests know these lines by their marks. */
import { getGeneratorLocation, getGeneratorState } from "posix-select/inspect";

function* inner(): Generator<number, void, unknown> {
  yield 1; // inner
}

function* plain(): Generator<number, void, unknown> {
  yield* inner(); // plain 1
  // A comment, and an empty line, so that lines differ from statements.

  yield 2; // plain 2
}

const object = {
  *method({ a } = { a: 1 }, ...rest: number[]) {
    yield a + rest.length; // method
  },
};

function tell(generator: Generator<unknown, unknown, never>): void {
  const { url = "", line = 0 } = getGeneratorLocation(generator) ?? {};
  const file = url.slice(url.lastIndexOf("/") + 1);
  console.log(`${getGeneratorState(generator)} ${file}:${line}`);
}

const generator = plain();
for (let i = 0; i < 4; i++) {
  tell(generator);
  generator.next();
}
const method = object.method();
for (let i = 0; i < 3; i++) {
  tell(method);
  method.next();
}
