/** Lesson 20, a client, at sites that mean no good. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Program } from "../helpers/programs.ts";
import { sureToEnd } from "../lessons/lessons.ts";
import { amount, memoryOf, mostGrowth } from "./support.ts";

/** A site whose answer to each request is what `answer` does. */
async function site(
  answer: (socket: Socket, target: string) => void,
): Promise<{ url: string; asked: string[]; close: () => void }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on("error", () => undefined)
      .on("close", () => sockets.delete(socket));
    socket.setEncoding("latin1").once("data", (text: string) => {
      const [, target = ""] = text.split(" ");
      asked.push(target);
      answer(socket, target);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `http://127.0.0.1:${port}/`, asked, close };
}

/** Runs the lesson there: how it ended, and the memory that it took. */
async function crawl(url: string) {
  const file = "examples/20-crawler/index.ts";
  await using program = sureToEnd(new Program(file, [url]));
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, memoryOf(program.pid));
  }, 20);
  try {
    const ended = await program.ended;
    return { ...ended, megabytes: most };
  } finally {
    clearInterval(timer);
  }
}

const ok = "HTTP/1.0 200 OK\r\n\r\n";

test.concurrent(
  "a body without an end is given up, and the rest goes on",
  async () => {
    let sent = 0;
    const { url, close } = await site((socket, target) => {
      if (target === "/") {
        socket.end(`${ok}<a href=/endless><a href=/last>`);
        return;
      }
      if (target !== "/endless") {
        socket.end(ok);
        return;
      }
      socket.write(ok);
      const more = async (): Promise<void> => {
        while (!socket.destroyed && sent < 3e8) {
          const isTaken = await new Promise<boolean>((resolve) => {
            socket.write("<p>".repeat(20_000), (error) => {
              resolve(error === null || error === undefined);
            });
          });
          if (!isTaken) break;
          sent += 60_000;
        }
        socket.destroy();
      };
      void more();
    });
    const { code, stdout, stderr, megabytes } = await crawl(url);
    close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("200 /last\n");
    expect(stdout).toMatch(/^too large \/endless$/m);
    expect(stdout).toContain("pages: 3, errors: 1, elsewhere: 0");
    expect(sent).toBeLessThan(1e8);
    // A process with tsx takes some 100 by itself.
    expect(megabytes).toBeLessThan(150 + mostGrowth);
  },
);

test.concurrent("links without an end come to one", async () => {
  const { url, asked, close } = await site((socket, target) => {
    const n = Number(target.slice(1)) || 0;
    socket.end(`${ok}<a href=/${2 * n + 1}><a href=/${2 * n + 2}>`);
  });
  const { code, stdout, stderr } = await crawl(url);
  close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^pages: \d+, errors: 0, elsewhere: 0$/m);
  expect(asked.length).toBe(1000);
});

test.concurrent("redirects without an end come to one", async () => {
  let n = 0;
  const { url, asked, close } = await site((socket) => {
    socket.end(`HTTP/1.0 302 Found\r\nLocation: /r${++n}\r\n\r\n`);
  });
  const { code, stderr } = await crawl(url);
  close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(asked.length).toBe(1000);
});

test.concurrent(
  "it never goes where it was not sent, nor says what it was told to",
  async () => {
    const elsewhere = await site((socket) => socket.end(ok));
    const { port } = new URL(elsewhere.url);
    const { url, asked, close } = await site((socket, target) => {
      const own = new URL(url);
      const links = [
        elsewhere.url,
        `//127.0.0.1:${port}/a`,
        `http://${own.host}@127.0.0.1:${port}/b`,
        `http:\\\\127.0.0.1:${port}\\c`,
        `http://localhost:${port}/d`,
        `https://${own.host}/e`,
        `ftp://${own.host}/f`,
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://[",
        "/x%0d%0aHost:evil%0d%0a",
        "/\t\u001b[2J",
        "/../../%2e%2e/up",
        `/${"long".repeat(5000)}`,
      ].map((link) => `<a href="${link}">`);
      if (target === "/") {
        const redirect = `Location: http://127.0.0.1:${port}/redirected\r\n`;
        socket.end(`HTTP/1.0 200 OK\r\n${redirect}\r\n${links.join("\n")}`);
      } else socket.end(ok);
    });
    const { code, stdout, stderr } = await crawl(url);
    close();
    elsewhere.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(elsewhere.asked).toEqual([]);
    for (const target of asked) expect(target).toMatch(/^\/[!-~]*$/);
    expect(stdout).toMatch(/^[ -~\n]*$/);
  },
);

test.concurrent(
  "lies about lengths, slow bytes and other nonsense end nothing",
  async () => {
    const answers = [
      "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n<a href=/after>more than five",
      "HTTP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\nshort",
      "HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx",
      "HTTP/9.9 999 \x1b[31m\r\n\r\n",
      "\0".repeat(1000),
      "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(10_000),
      `${ok}${"<a href=".repeat(20_000)}`,
      `${ok}location:${" ".repeat(50_000)}`,
      `${ok}<a href="${"&amp;".repeat(50_000)}`,
    ];
    const { url, close } = await site((socket, target) => {
      if (target === "/") {
        const links = answers.map((_, i) => `<a href=/${i}>`).join("");
        socket.end(`${ok}${links}<a href=/slow>`);
      } else if (target === "/slow") {
        const drop = async (): Promise<void> => {
          for (const byte of `${ok}<a href=/found>`) {
            socket.write(byte);
            await turn();
          }
          socket.end();
        };
        void drop();
      } else socket.end(answers[Number(target.slice(1))] ?? ok, "latin1");
    });
    const { code, stdout, stderr } = await crawl(url);
    close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const path of ["/slow", "/found", "/after"]) {
      expect(stdout).toContain(`200 ${path}\n`);
    }
    expect(stdout).toMatch(/^[ -~\n]*$/);
  },
);

test.concurrent(
  "a site that breaks off at any moment ends nothing",
  async () => {
    const text = `${ok}<a href=/x>`;
    const count = amount(30, 300);
    const { url, close } = await site((socket, target) => {
      if (target === "/") {
        const links = Array.from(
          { length: count },
          (_, i) => `<a href=/b${i}>`,
        );
        socket.end(ok + links.join(""));
        return;
      }
      const at = Number(target.slice(2)) % text.length;
      socket.write(text.slice(0, at), () => socket.resetAndDestroy());
    });
    const { code, stdout, stderr } = await crawl(url);
    close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^pages: \d+, errors: \d+, elsewhere: 0$/m);
  },
);
