/** The systems that the addon is built for, and what each has to offer it. */

export interface Target {
  /** As Node names them. */
  readonly platform: "linux" | "darwin" | "freebsd";
  readonly arch: "x64" | "arm64";
  readonly libc?: "glibc" | "musl";
}

/** Those that the package has a binary for. */
export const prebuilt: readonly Target[] = [
  { platform: "linux", arch: "x64", libc: "glibc" },
  { platform: "linux", arch: "x64", libc: "musl" },
  { platform: "linux", arch: "arm64", libc: "glibc" },
  { platform: "linux", arch: "arm64", libc: "musl" },
  { platform: "darwin", arch: "x64" },
  { platform: "darwin", arch: "arm64" },
];

/** Those that compile it themselves: here it is only seen that it would do. */
export const compiledOnly: readonly Target[] = [
  { platform: "freebsd", arch: "x64" },
  { platform: "freebsd", arch: "arm64" },
];

/** CentOS 7's, and the oldest that Zig has for both processors is no newer. */
export const oldestGlibc = "2.17";

export function nameOf({ platform, arch, libc }: Target): string {
  return [platform, arch, libc].filter((part) => part !== undefined).join("-");
}

/** Where node-gyp-build looks for it, below `prebuilds`. */
export function fileOf({ platform, arch, libc }: Target): string {
  const tags = ["node", "napi", libc, "node"];
  const name = tags.filter((tag) => tag !== undefined).join(".");
  return `${platform}-${arch}/${name}`;
}

/** As Zig names it. */
export function tripleOf(target: Target, macosVersion: string): string {
  const cpu = { x64: "x86_64", arm64: "aarch64" }[target.arch];
  switch (target.platform) {
    case "darwin":
      return `${cpu}-macos.${macosVersion}`;
    case "freebsd":
      return `${cpu}-freebsd`;
    case "linux":
      return target.libc === "musl"
        ? `${cpu}-linux-musl`
        : `${cpu}-linux-gnu.${oldestGlibc}`;
  }
}
