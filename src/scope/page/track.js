/**
 * What something's states were, and from when on: columns rather than objects,
 * since there are many. `t` is in milliseconds, `n` counts the steps of the
 * program; both only grow.
 */
class Track {
  constructor() {
    /** @type {number[]} */
    this.t = [];
    /** @type {number[]} */
    this.n = [];
    /** @type {number[]} */
    this.state = [];
    /** @type {number[]} */
    this.detail = [];
  }

  /**
   * @param {number} t
   * @param {number} n
   * @param {number} state
   * @param {number} detail
   */
  set(t, n, state, detail) {
    const last = this.t.length - 1;
    if (last >= 0) {
      if (this.state[last] === state && this.detail[last] === detail) return;
      if (this.t[last] === t && this.n[last] === n) {
        this.state[last] = state;
        this.detail[last] = detail;
        return;
      }
    }
    this.t.push(t);
    this.n.push(n);
    this.state.push(state);
    this.detail.push(detail);
  }

  /**
   * The index of the state that holds at a step; -1: there is none yet.
   *
   * @param {number} n
   * @returns {number}
   */
  at(n) {
    return firstAbove(this.n, n) - 1;
  }

  /**
   * Forgets what had ended by then.
   *
   * @param {number} t
   */
  trim(t) {
    const gone = firstAbove(this.t, t) - 1;
    if (gone <= 0) return;
    this.t.splice(0, gone);
    this.n.splice(0, gone);
    this.state.splice(0, gone);
    this.detail.splice(0, gone);
  }
}

/**
 * The first index whose value is greater, among sorted ones.
 *
 * @param {readonly number[]} sorted
 * @param {number} value
 * @param {number} [from]
 * @returns {number}
 */
function firstAbove(sorted, value, from = 0) {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The same among objects, by one of their numbers.
 *
 * @template T
 * @param {readonly T[]} sorted
 * @param {(item: T) => number} key
 * @param {number} value
 * @returns {number}
 */
function firstAboveBy(sorted, key, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = sorted[middle];
    if (item !== undefined && key(item) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
