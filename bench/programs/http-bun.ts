// "hello" by Bun's own server.
import { watchControl } from "./control.js";

declare const Bun: {
  serve(options: { hostname: string; port: number; fetch(): Response }): {
    readonly port: number;
  };
};

watchControl();
const { port } = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: () => new Response("hello"),
});
console.log(port);
