// "hello" by node:net: an answer for each empty line, the least that wrk takes.
import { createServer } from "node:net";
import { watchControl } from "./control.js";

const answer = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
);

watchControl();
const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (data) => {
    for (
      let at = data.indexOf("\r\n\r\n");
      at >= 0;
      at = data.indexOf("\r\n\r\n", at + 4)
    ) {
      socket.write(answer);
    }
  });
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", 4096, () => {
  const address = server.address();
  if (typeof address === "object") console.log(address?.port);
});
