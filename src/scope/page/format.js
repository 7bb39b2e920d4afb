/** Numbers and states as words: the same ones in the canvas and in the tables. */

const EVENT_READ = 1;
const EVENT_WRITE = 2;
const EVENT_PRIORITY = 4;

const wholeNumber = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const shortNumber = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/**
 * @param {number} value
 * @returns {string}
 */
function count(value) {
  return wholeNumber.format(value);
}

/**
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 * @returns {string}
 */
function counted(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/**
 * @param {number} ms
 * @returns {string}
 */
function duration(ms) {
  if (ms < 0.9995) return `${count(ms * 1000)} µs`;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${count(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) {
    return `${count(minutes)} min ${count(Math.floor((ms % 60_000) / 1000))} s`;
  }
  return `${count(Math.floor(minutes / 60))} h ${count(minutes % 60)} min`;
}

/**
 * A moment: as many digits as tell it from its neighbours `step` away.
 *
 * @param {number} ms
 * @param {number} [step]
 * @returns {string}
 */
function moment(ms, step = 1) {
  const digits = Math.max(0, Math.min(7, Math.ceil(-Math.log10(step / 1000))));
  if (ms < 60_000) return `${(ms / 1000).toFixed(digits)} s`;
  const seconds = (ms % 60_000) / 1000;
  const whole = String(Math.floor(seconds)).padStart(2, "0");
  const rest = (seconds % 1).toFixed(digits).slice(1);
  return `${Math.floor(ms / 60_000)}:${whole}${rest}`;
}

/**
 * @param {number} bytes
 * @returns {string}
 */
function size(bytes) {
  if (bytes < 10_000) return `${count(bytes)} B`;
  if (bytes < 1_000_000) return `${shortNumber.format(bytes / 1000)} kB`;
  if (bytes < 1e9) return `${shortNumber.format(bytes / 1e6)} MB`;
  return `${shortNumber.format(bytes / 1e9)} GB`;
}

/**
 * @param {number} events
 * @param {"watched" | "ready"} as
 * @returns {string}
 */
function eventsText(events, as) {
  const words =
    as === "watched"
      ? ["read", "write", "priority"]
      : ["readable", "writable", "urgent"];
  return (
    [EVENT_READ, EVENT_WRITE, EVENT_PRIORITY]
      .map((bit, i) => ((events & bit) !== 0 ? (words[i] ?? "") : ""))
      .filter((word) => word !== "")
      .join(" and ") || "nothing"
  );
}

/**
 * The last part of a path or an address.
 *
 * @param {string} path
 * @returns {string}
 */
function baseName(path) {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}
