// "hello" by node:http.
import { createServer } from "node:http";
import { watchControl } from "./control.js";

watchControl();
const server = createServer((_request, response) => {
  response.writeHead(200, {
    "Content-Type": "text/plain",
    "Content-Length": 5,
  });
  response.end("hello");
});
server.listen(0, "127.0.0.1", 4096, () => {
  const address = server.address();
  if (typeof address === "object") console.log(address?.port);
});
