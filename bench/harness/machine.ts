import {
  availableParallelism,
  cpus,
  loadavg,
  release,
  type,
  arch,
} from "node:os";
import { bunVersion, firstLine } from "./tools.ts";

/** What the figures depend on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly versions: Readonly<Record<string, string>>;
  /** How many processes wanted a CPU in the last minute, before we did. */
  readonly busy: number;
}

export function describeMachine(): Machine {
  const versions = {
    Node: process.version,
    CPython: firstLine("python3", "--version").replace("Python ", ""),
    cc: firstLine("cc", "--version"),
    Bun: bunVersion(),
  };
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    system: `${type()} ${release()} ${arch()}`,
    versions: Object.fromEntries(
      Object.entries(versions).filter(([, version]) => version !== ""),
    ),
    busy: loadavg()[0] ?? 0,
  };
}

/** The same as a text. */
export function machineText(machine: Machine): string {
  const { cpu, cores, system, versions, busy } = machine;
  const programs = Object.entries(versions).map((entry) => entry.join(" "));
  const lines = [`${cpu}, ${cores} cores, ${system}`, programs.join(", ")];
  if (busy > cores / 4) {
    lines.push(
      `The machine is busy (${busy.toFixed(1)} processes in the last minute): no figure is worth much.`,
    );
  }
  return lines.join("\n");
}
