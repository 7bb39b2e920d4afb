import { type Client, quoted } from "../runner/client.ts";
import { check, type Exercise, Failure } from "../runner/exercise.ts";

/** Reads an answer as browsers do: so many bytes as were announced. */
async function expectPage(
  client: Client,
  status: string,
  page: string,
): Promise<void> {
  await client.until(() => client.isOver);
  const answer = Buffer.from(client.unread, "latin1").toString();
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  const [first = ""] = head.split("\r\n");
  if (first !== `HTTP/1.1 ${status}`) {
    throw new Failure(
      `${client.who} should be answered "HTTP/1.1 ${status}", and was answered ${quoted(first)}.`,
    );
  }
  const length = Number(/^Content-Length: (\d+)$/m.exec(head)?.[1] ?? NaN);
  const shown = Buffer.from(body).subarray(0, length).toString();
  if (length !== Buffer.byteLength(body)) {
    throw new Failure(
      `${client.who} was told that ${length} bytes would come, and ${Buffer.byteLength(body)} came: of ${quoted(body)} it shows ${quoted(shown)}.`,
    );
  }
  if (body !== page) {
    throw new Failure(
      `${client.who} got ${quoted(body)}, not ${quoted(page)}.`,
    );
  }
}

export const exercise: Exercise = {
  title: "Half a request",
  task: "Answer HTTP requests for / and /blog, however the requests arrive, and in whatever alphabet the page is.",
  hints: [
    "First: a client may send GET /bl, and the rest later, and the system may cut a request anywhere by itself. When do you know that it is whole?",
    "A request ends with an empty line, \\r\\n\\r\\n. Keep what has come so far (reader() is called once for each client: a variable in it is the client's own), and answer when the empty line is there.",
    "Second: Content-Length is how many bytes follow, and text.length how many characters. How long is Привет in UTF-8?",
    "Buffer.byteLength(body) counts the bytes.",
  ],
  checks: [
    check("a page is given to who asks for it in one piece", async (trial) => {
      const client = await trial.client("A browser");
      client.say("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
      await expectPage(client, "200 OK", "Hello world\n");
    }),
    check("a request may come in pieces", async (trial) => {
      const slow = await trial.client("A browser on a slow line");
      slow.say("GET /no");
      const quick = await trial.client("A quick browser");
      quick.say("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
      await expectPage(quick, "200 OK", "Hello world\n");
      if (slow.unread !== "" || slow.isOver) {
        throw new Failure(
          `A browser on a slow line had only said "GET /no" when it was answered ${quoted(slow.unread.split("\r\n")[0] ?? "")}. It was going to ask for /nothing.`,
        );
      }
      slow.say("thing HTTP/1.1\r\nHost: here\r\n");
      slow.say("\r\n");
      await expectPage(slow, "404 Not Found", "Not found\n");
    }),
    check("a page may be in any alphabet", async (trial) => {
      const client = await trial.client("A browser");
      client.say("GET /blog HTTP/1.1\r\nHost: here\r\n\r\n");
      await expectPage(client, "200 OK", "Привет, мир\n");
    }),
    check("who leaves without a word is let go", async (trial) => {
      const silent = await trial.client("A client");
      silent.end();
      await silent.until(() => silent.isOver);
      if (!silent.isOver) {
        throw new Failure(
          "A client ended its side without a word, and was not let go.",
        );
      }
      const { program } = await trial.serve();
      await trial.sleeps(program, "when a client has left without a word");
    }),
  ],
};
