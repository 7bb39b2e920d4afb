/**
 * kqueue's constants as `<sys/event.h>` of macOS has them, for machines that
 * have no kqueue: the simulation speaks these, and real.test.ts compares them
 * with what the addon gives on a Mac.
 */
import type * as system from "../../src/constants.ts";

/** The constants that the tests of kqueue use: the system's or these. */
export type KqueueTestConstants = Pick<
  typeof system,
  | "KQ_FILTER_READ"
  | "KQ_FILTER_WRITE"
  | "KQ_FILTER_AIO"
  | "KQ_FILTER_VNODE"
  | "KQ_FILTER_PROC"
  | "KQ_FILTER_SIGNAL"
  | "KQ_FILTER_TIMER"
  | "KQ_FILTER_USER"
  | "KQ_EV_ADD"
  | "KQ_EV_DELETE"
  | "KQ_EV_ENABLE"
  | "KQ_EV_DISABLE"
  | "KQ_EV_ONESHOT"
  | "KQ_EV_CLEAR"
  | "KQ_EV_RECEIPT"
  | "KQ_EV_DISPATCH"
  | "KQ_EV_ERROR"
  | "KQ_EV_EOF"
  | "KQ_NOTE_EXIT"
  | "KQ_NOTE_FORK"
  | "KQ_NOTE_EXEC"
  | "KQ_NOTE_TRIGGER"
  | "KQ_NOTE_FFNOP"
  | "KQ_NOTE_FFAND"
  | "KQ_NOTE_FFOR"
  | "KQ_NOTE_FFCOPY"
  | "KQ_NOTE_FFCTRLMASK"
  | "KQ_NOTE_FFLAGSMASK"
  | "KQ_NOTE_SECONDS"
  | "KQ_NOTE_USECONDS"
  | "KQ_NOTE_NSECONDS"
  | "KQ_NOTE_ABSOLUTE"
>;

export const darwin: KqueueTestConstants = {
  KQ_FILTER_READ: -1,
  KQ_FILTER_WRITE: -2,
  KQ_FILTER_AIO: -3,
  KQ_FILTER_VNODE: -4,
  KQ_FILTER_PROC: -5,
  KQ_FILTER_SIGNAL: -6,
  KQ_FILTER_TIMER: -7,
  KQ_FILTER_USER: -10,

  KQ_EV_ADD: 0x0001,
  KQ_EV_DELETE: 0x0002,
  KQ_EV_ENABLE: 0x0004,
  KQ_EV_DISABLE: 0x0008,
  KQ_EV_ONESHOT: 0x0010,
  KQ_EV_CLEAR: 0x0020,
  KQ_EV_RECEIPT: 0x0040,
  KQ_EV_DISPATCH: 0x0080,
  KQ_EV_ERROR: 0x4000,
  KQ_EV_EOF: 0x8000,

  KQ_NOTE_EXIT: 0x80000000,
  KQ_NOTE_FORK: 0x40000000,
  KQ_NOTE_EXEC: 0x20000000,

  KQ_NOTE_TRIGGER: 0x01000000,
  KQ_NOTE_FFNOP: 0x00000000,
  KQ_NOTE_FFAND: 0x40000000,
  KQ_NOTE_FFOR: 0x80000000,
  KQ_NOTE_FFCOPY: 0xc0000000,
  KQ_NOTE_FFCTRLMASK: 0xc0000000,
  KQ_NOTE_FFLAGSMASK: 0x00ffffff,

  KQ_NOTE_SECONDS: 0x00000001,
  KQ_NOTE_USECONDS: 0x00000002,
  KQ_NOTE_NSECONDS: 0x00000004,
  KQ_NOTE_ABSOLUTE: 0x00000008,
};
