// An echo server on Bun's own sockets.
import { watchControl } from "./control.js";

interface BunSocket {
  write(data: Uint8Array): number;
}
declare const Bun: {
  listen(options: {
    hostname: string;
    port: number;
    socket: { data(socket: BunSocket, data: Uint8Array): void };
  }): { readonly port: number };
};

watchControl();
const { port } = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data: (socket, data) => {
      socket.write(data);
    },
  },
});
console.log(port);
