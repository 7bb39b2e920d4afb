// An echo server on node:net.
import { createServer } from "node:net";
import { watchControl } from "./control.js";

watchControl();
const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (data) => socket.write(data));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", 4096, () => {
  const address = server.address();
  if (typeof address === "object") console.log(address?.port);
});
