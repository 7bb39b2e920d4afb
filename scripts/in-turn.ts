/** Lets so many steps run at a time, in the order in which they are asked for. */
export type InTurn = <T>(step: () => Promise<T>) => Promise<T>;

export function inTurn(width: number): InTurn {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (step) => {
    if (running === width) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return await step();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
